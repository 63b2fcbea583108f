/* SPDX-License-Identifier: Apache-2.0 */
#include "server/libraries.h"

#include "base/random.h"
#include "config/yaml.h"
#include "io/http_client.h"
#include "jose/json.h"

#include <h2o/version.h>
#include <openssl/crypto.h>

void sp_libraries_append(struct sp_buf *out)
{
    sp_buf_printf(out, "h2o %s\n", H2O_VERSION);
    sp_buf_printf(out, "%s\n", OpenSSL_version(OPENSSL_VERSION));
    sp_buf_printf(out, "libcurl %s\n", sp_http_client_library_version());
    sp_buf_printf(out, "jansson %s\n", sp_json_library_version());
    sp_buf_printf(out, "libsodium %s\n", sp_random_library_version());
    sp_buf_printf(out, "libyaml %s\n", sp_yaml_library_version());
}
