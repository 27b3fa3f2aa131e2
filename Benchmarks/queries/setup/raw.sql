CREATE OR REPLACE STAGE recordings URL = 'file://$folder/' FILE_FORMAT = (TYPE = JSON);
CREATE OR REPLACE TABLE quotes_raw (v VARIANT);
COPY INTO quotes_raw FROM @recordings FILES = ('$file') ON_ERROR = CONTINUE;
