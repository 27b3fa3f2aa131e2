#ifndef CFAULTYFILES_H
#define CFAULTYFILES_H

// SQLite's files, of which those in one folder can be made to fail.

/// Puts itself between SQLite and the files of this process. Nothing changes until a folder is named. Returns SQLite's
/// result code.
int th_faulty_install(void);

/// Lets so many more writes, truncations and syncs to files below a folder succeed, and all after them fail, as a full
/// disk does or as a broken one does. NULL for no folder.
void th_faulty_arm(const char *folder, long operations, int is_full);

/// How many such operations there have been since.
long th_faulty_count(void);

#endif
