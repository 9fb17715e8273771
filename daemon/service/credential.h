/* credential.h - the database password, read at each connect: password_file, or a systemd
 * credential. */
#ifndef CREDD_SERVICE_CREDENTIAL_H
#define CREDD_SERVICE_CREDENTIAL_H

#include "base/fault.h"

/* Reads the first line of `file`; if NULL, of $CREDENTIALS_DIRECTORY/db-password where that exists.
 * `ret_secret` is new memory to be released with credential_free (which wipes it), or NULL if there
 * is neither. A file that others can read is refused (-EACCES), as is one over 4 KiB. */
int credential_read(const char *file, char **ret_secret, struct fault *fault);
void credential_free(char *secret);

#endif
