/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SERVER_LIBRARIES_H
#define SP_SERVER_LIBRARIES_H

/* The versions of the libraries in use, for `sallyport version`, one per line. */

#include "base/buf.h"

void sp_libraries_append(struct sp_buf *out);

#endif
