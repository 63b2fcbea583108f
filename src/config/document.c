/* SPDX-License-Identifier: Apache-2.0 */
#include "config/load.h"

#include "config/headers_section.h"
#include "config/policies_section.h"
#include "config/settings.h"

void sp_config_dump(const struct sp_config *config, struct sp_buf *out)
{
    for (size_t i = 0; i < sp_settings_n; i++) {
        const struct sp_setting *setting = &sp_settings[i];
        if (setting->type->print == NULL)
            continue;
        sp_buf_printf(out, "%s: ", setting->name);
        setting->type->print(&setting->limits, sp_setting_const_field(setting, config), out);
        sp_buf_append_char(out, '\n');
    }
    sp_policies_dump(config, out);
    sp_headers_dump(config, out);
}

void sp_config_document(struct sp_buf *out)
{
    sp_policies_document(out);
    sp_headers_document(out);
}
