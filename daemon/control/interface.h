/* interface.h - the Varlink interface definitions, made from the command table and the reply types.
 */
#ifndef CREDD_CONTROL_INTERFACE_H
#define CREDD_CONTROL_INTERFACE_H

/* New memory, or NULL if there is no such interface. */
char *interface_description(const char *name);

#endif
