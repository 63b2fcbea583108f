/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/version.h"

#include "cli/options.h"

#include <curl/curl.h>
#include <h2o/version.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <sodium.h>
#include <stdio.h>
#include <yaml.h>

int sp_command_version(int argc, char **argv)
{
    const struct sp_option options[] = {{NULL, NULL, NULL}};
    if (!sp_options_read(argc, argv, options, "sallyport version", 0, NULL)) {
        return 2;
    }
    printf("sallyport %s\n", SP_VERSION);
    printf("h2o %s\n", H2O_VERSION);
    printf("%s\n", OpenSSL_version(OPENSSL_VERSION));
    printf("libcurl %s\n", curl_version_info(CURLVERSION_NOW)->version);
    printf("jansson %s\n", jansson_version_str());
    printf("libsodium %s\n", sodium_version_string());
    printf("libyaml %s\n", yaml_get_version_string());
    return 0;
}
