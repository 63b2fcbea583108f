/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/html.h"

#include "base/quote.h"

/* One line, without comments, because every page contains it. The hash below is that of exactly these
 * bytes. */
#define STYLE                                                                                                \
    ":root{color-scheme:light dark;--b:#f5f5f2;--c:#fff;--t:#1d2024;--m:#5a616b;--l:#d9dad6;--a:#1f5fa8;"    \
    "--i:#fff}"                                                                                              \
    "@media(prefers-color-scheme:dark){:root{--b:#15171a;--c:#1e2125;--t:#e7e8ea;--m:#a2a9b3;--l:#33383f;"   \
    "--a:#8fbdf0;--i:#10151b}}"                                                                              \
    "*{box-sizing:border-box}"                                                                               \
    "body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;background:var(--b);"       \
    "color:var(--t);font:1rem/1.5 system-ui,sans-serif}"                                                     \
    "main{width:100%;min-width:0;max-width:34rem;padding:min(2rem,5vw);background:var(--c);border:1px "      \
    "solid var(--l);"                                                                                        \
    "border-radius:.75rem;overflow-wrap:anywhere}"                                                           \
    "h1{margin:0 0 .75rem;font-size:1.4rem;line-height:1.25}"                                                \
    "p,dl,form{margin:0 0 1rem}dt,header,footer{color:var(--m);font-size:.875rem}dd{margin:0 0 .75rem}"      \
    "header{margin:0 0 .5rem;font-weight:600}"                                                               \
    "a{color:var(--a)}"                                                                                      \
    ".b{display:inline-block;padding:.6rem 1.2rem;border:0;border-radius:.5rem;background:var(--a);"         \
    "color:var(--i);font:inherit;font-weight:600;text-decoration:none;cursor:pointer}"                       \
    ":focus-visible{outline:3px solid var(--a);outline-offset:2px}"                                          \
    "footer{border-top:1px solid var(--l);margin-top:1.5rem;padding-top:1rem}"                               \
    "code,pre{font:.8125rem/1.5 ui-monospace,monospace}"                                                     \
    "h2{margin:2rem 0 .5rem;font-size:1.1rem}summary{margin:0 0 1rem;cursor:pointer}"                        \
    "pre{margin:0 0 1rem;padding:.75rem;max-height:16rem;overflow:auto;background:var(--b);"                 \
    "border-radius:.5rem;-webkit-user-select:all;user-select:all}"

const char sp_html_style_hash[] = "IHoBM1qQvOMXSPSIjeZb5tdrgYAZ68WoJkGDPFg0FYU=";

/* ---- texts ----------------------------------------------------------------------------------------- */

struct texts {
    const char *text;
    const char *advice;
};

#define CONTACT "Contact the operator of this site and give them the request ID below."
#define CONTACT_IF_REPEATED                                                                                  \
    "If this page appears again, contact the operator of this site and give them the request ID below."
#define TRY_AGAIN     "Try again. " CONTACT_IF_REPEATED
#define MISCONFIGURED "This site is misconfigured. Contact its operator and give them the request ID below."
#define PROXY_MISCONFIGURED                                                                                  \
    {                                                                                                        \
        "The proxy in front of this site is misconfigured: its description of the request cannot be used.",  \
            "Operators: check the middlewares of this router and the trusted addresses of the entry point. " \
            "Users: give the operator the request ID below."                                                 \
    }

/* For reasons that have their own text. */
static const struct texts texts_by_reason[SP_REASON_COUNT] = {
    [SP_REASON_BAD_CALLBACK] = {"The response from the identity provider is invalid, or does not belong to a "
                                "sign-in that began here within the last day.",
                                "Start again with the button below."},
    [SP_REASON_BAD_RETURN_URL] = {"The address to return to after the sign-in does not belong to this site.",
                                  "Open the page you want by its own address, or go to the start page."},
    [SP_REASON_OVERRIDE_HEADER] =
        {"The request has a header that some applications use in place of its path or method.",
         "Browsers do not send this header by themselves. Operators: delete it in a middleware that comes "
         "before this one."},
    [SP_REASON_BAD_LOGIN_REQUEST] =
        {"This sign-in request is not one that the identity provider of this site would send.",
         "Open the page you want by its own address, or go to the start page."},
    [SP_REASON_MISSING_HEADER] = PROXY_MISCONFIGURED,
    [SP_REASON_DUPLICATE_HEADER] = PROXY_MISCONFIGURED,
    [SP_REASON_UNKNOWN_PREFIX] = PROXY_MISCONFIGURED,
    [SP_REASON_COOKIES_REFUSED] = {"The sign-in did not create a session in this browser.",
                                   "Sign in again within ten minutes. If this page appears again, allow "
                                   "cookies for this site, and check the clock of this device."},
    [SP_REASON_SESSION_AMBIGUOUS] =
        {"The browser sent two different session cookies for this site, so neither is used. Another site in "
         "the same domain may have set one of them.",
         "Delete the cookies of this site and of its parent domain, then sign in again."},
    [SP_REASON_SIGNED_OUT] = {"Your session at this site has ended in this browser. You may still be signed "
                              "in at the identity provider.",
                              "Close the browser if other people use it."},
    [SP_REASON_SESSION_EXPIRED] = {"Sessions expire after some time, and can be ended from elsewhere.",
                                   "Sign in again to continue."},
    [SP_REASON_SESSION_UNCONFIRMED] =
        {"The identity provider must confirm a session from time to time, and has not confirmed this one.",
         "Reload the page, or sign in again to continue."},
    [SP_REASON_SESSION_REVOKED] = {"You, the identity provider or an operator ended this session.",
                                   "Sign in again to continue."},
    [SP_REASON_BEARER_INVALID] = {"The bearer token of the request is not accepted.",
                                  "Programs need another token. In a browser, sign in to continue."},
    [SP_REASON_INSECURE_PROTO] =
        {"The request arrived over http, but this site requires https. A session would not be safe over "
         "http.",
         "Open the address with https://. Operators: if a load balancer in front of Traefik terminates TLS, "
         "Traefik must trust it: set forwardedHeaders.trustedIPs."},
    [SP_REASON_EMAIL_UNVERIFIED] =
        {"Your e-mail address is your user name here, but the identity provider does not confirm that it is "
         "verified.",
         "Verify the address with your identity provider, then sign in again."},
    [SP_REASON_USER_NOT_REPRESENTABLE] =
        {"The user name or the groups from the identity provider cannot be used here.", CONTACT},
    [SP_REASON_RESERVED_NAME] = {"The user name from the identity provider cannot be used here.", CONTACT},
    [SP_REASON_IMPERSONATION_HEADER] =
        {"The request has a header that asks the API server to treat you as another user.",
         "Remove the option that sends it, such as --as of kubectl."},
    [SP_REASON_CROSS_SITE] = {"The request did not come from a page of this site.",
                              "Open the site itself and try again from there."},
    [SP_REASON_SUBRESOURCE_DENIED] =
        {"The API server would forward this request, with your cookies, to a pod, service or node, and show "
         "the response as a page of this site.",
         "Use a program with its own token, such as kubectl port-forward. Operators: to allow such requests, "
         "set proxy in the binding."},
    [SP_REASON_ISSUER_REFUSED] = {"The identity provider did not sign you in.", TRY_AGAIN},
    [SP_REASON_CREDENTIAL_UNAVAILABLE] =
        {"This site cannot reach the application at the moment, because it has no token for it.", CONTACT},
    [SP_REASON_ISSUER_UNAVAILABLE] = {"The identity provider is not responding at the moment. Users who are "
                                      "already signed in can keep working.",
                                      "Try again in a minute."},
    [SP_REASON_ISSUER_UNUSABLE] =
        {"Nobody can sign in, because the identity provider's discovery document does not match the "
         "configuration of this site. Users who are already signed in can keep working.",
         MISCONFIGURED},
    [SP_REASON_RBAC_UNAVAILABLE] = {"The access rules for this page are not available at the moment.",
                                    "Try again in a minute."},
    [SP_REASON_OVERLOADED] = {"This service is too busy at the moment.", "Try again in a minute."},
    [SP_REASON_SESSION_TOO_LARGE] =
        {"You are in more groups than a session can hold, so the sign-in was not completed.", CONTACT},
    [SP_REASON_TOKEN_INVALID] =
        {"The identity provider's response did not pass a check, so the sign-in was not completed.",
         TRY_AGAIN},
    [SP_REASON_RELAYED] = {"The sign-in continues at another address of this site.",
                           "Continue there with the button below."},
};

/* For reasons without their own text. */
static struct texts texts_by_status(unsigned status)
{
    switch (status) {
    case 302: /* a page instead of a redirect: see sp_respond_redirect */
        return (struct texts){"You are signed in at this site.", "Continue to the page you requested."};
    case 400:
        return (struct texts){
            "The request is invalid or ambiguous.",
            "Check the address. If you followed a link, tell the owner of that link, and give them the "
            "request ID below."};
    case 401:
        return (struct texts){"You must be signed in to open this page.", "Sign in to continue."};
    case 403:
        return (struct texts){"You do not have access to this page.",
                              "Ask the owner of the application for access."};
    case 404:
        return (struct texts){"This page does not exist.", "Check the address, or go to the start page."};
    case 405:
        return (struct texts){"This page does not accept requests of this kind.",
                              "Go to the start page, or open this page through a link."};
    case 421:
        return (struct texts){
            "This host is not among those that this site serves.",
            "Check the address. Operators: the setting hosts lists them, with scheme and port."};
    default:
        return (struct texts){"The proxy's middleware does not match the configuration of this site.",
                              MISCONFIGURED};
    }
}

static struct texts texts_of(enum sp_reason reason)
{
    const struct texts *own = &texts_by_reason[reason];
    return own->text != NULL ? *own : texts_by_status(sp_reason_status(reason));
}

const char *sp_html_text(enum sp_reason reason)
{
    return texts_of(reason).text;
}

const char *sp_html_advice(enum sp_reason reason, enum sp_mender mender)
{
    switch (mender) {
    case SP_MENDER_ACCOUNT:
        return "Start again, perhaps with another account.";
    case SP_MENDER_USER:
        return "Start again. " CONTACT_IF_REPEATED;
    case SP_MENDER_TIME:
        return "Try again in a minute.";
    case SP_MENDER_OPERATOR:
        return MISCONFIGURED;
    case SP_MENDER_BY_REASON:
        break;
    }
    return texts_of(reason).advice;
}

/* ---- markup ---------------------------------------------------------------------------------------- */

#define NEW_TAB " target=\"_blank\" rel=\"noopener noreferrer\""

static void append_paragraph(struct sp_str text, struct sp_buf *out)
{
    if (text.len > 0) {
        sp_buf_append_c(out, "<p>");
        sp_quote_append_html(text, out);
        sp_buf_append_c(out, "</p>");
    }
}

/* `bdi`: a name with right-to-left or bidirectional control characters does not reorder the text around
 * it. */
void sp_html_append_name(struct sp_str name, struct sp_buf *out)
{
    sp_buf_append_c(out, "<bdi>");
    sp_quote_append_html(name, out);
    sp_buf_append_c(out, "</bdi>");
}

void sp_html_append_code(struct sp_str text, struct sp_buf *out)
{
    sp_buf_append_c(out, "<pre tabindex=\"0\">");
    while (text.ptr != NULL) {
        sp_quote_append_html(sp_str_cut(&text, '\n'), out);
        sp_buf_append_c(out, text.ptr != NULL ? "\n" : "");
    }
    sp_buf_append_c(out, "</pre>");
}

struct sp_str sp_html_format_time(int64_t time_s, char storage[SP_TIME_TEXT_LEN + 1])
{
    sp_time_format(time_s, storage);
    storage[10] = ' ';
    memcpy(storage + 16, " UTC", 4);
    return (struct sp_str){storage, SP_TIME_TEXT_LEN};
}

void sp_html_append_head(const struct sp_config *config, const char *title, struct sp_buf *out)
{
    struct sp_str name =
        config != NULL && config->site_name != NULL ? sp_str_from_c(config->site_name) : SP_STR_NONE;
    sp_buf_append_c(out, "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
                         "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
                         "<meta name=\"robots\" content=\"noindex\"><title>");
    sp_quote_append_html(sp_str_from_c(title), out);
    sp_buf_append_c(out, name.len > 0 ? " – " : "");
    sp_quote_append_html(name, out);
    sp_buf_append_c(out, "</title><style>" STYLE "</style><main>");
    if (name.len > 0) {
        sp_buf_append_c(out, "<header>");
        sp_html_append_name(name, out);
        sp_buf_append_c(out, "</header>");
    }
    sp_buf_append_c(out, "<h1>");
    sp_quote_append_html(sp_str_from_c(title), out);
    sp_buf_append_c(out, "</h1>");
}

/* A link to a website opens in a new tab: outside any frame, and without replacing a form that must not be
 * lost. */
static void append_support_link(struct sp_str url, struct sp_buf *out)
{
    sp_buf_append_c(out, "<p><a href=\"");
    sp_quote_append_html(url, out);
    sp_buf_append_c(out, sp_str_starts_with(url, SP_STR("mailto:")) ? "\">" : "\"" NEW_TAB ">");
    sp_buf_append_c(out, "Contact support</a></p>");
}

void sp_html_append_foot(const struct sp_config *config, struct sp_str request_id, enum sp_reason reason,
                         struct sp_buf *out)
{
    sp_buf_append_c(out, "<footer>");
    if (config != NULL && config->support_url != NULL) {
        append_support_link(sp_str_from_c(config->support_url), out);
    }
    sp_buf_append_c(out, "Request ID <code>");
    sp_quote_append_html(request_id, out);
    sp_buf_append_c(out, "</code>");
    if (reason != SP_REASON_NONE) {
        sp_buf_append_c(out, ", reason <code>");
        sp_buf_append_c(out, sp_reason_name(reason));
        sp_buf_append_c(out, "</code>");
    }
    sp_buf_append_c(out, "</footer></main></html>");
}

static void append_button(const struct sp_html_page *page, struct sp_buf *out)
{
    static const char *const attributes[] = {
        [SP_HTML_LINK_HERE] = "",
        [SP_HTML_LINK_TOP] = " target=\"_top\"",
        [SP_HTML_LINK_NEW_TAB] = NEW_TAB,
    };
    if (page->link == SP_HTML_LINK_NONE || page->href.len == 0) {
        return;
    }
    if (page->link == SP_HTML_LINK_POST) {
        sp_buf_append_c(out, "<form method=\"post\" action=\"");
        sp_quote_append_html(page->href, out);
        sp_buf_append_c(out, "\"><button class=\"b\">");
        sp_quote_append_html(sp_str_from_c(page->label), out);
        sp_buf_append_c(out, "</button></form>");
        return;
    }
    sp_buf_append_c(out, "<p><a class=\"b\" href=\"");
    sp_quote_append_html(page->href, out);
    sp_buf_append_char(out, '"');
    sp_buf_append_c(out, attributes[page->link]);
    sp_buf_append_char(out, '>');
    sp_quote_append_html(sp_str_from_c(page->label), out);
    sp_buf_append_c(out, "</a></p>");
}

void sp_html_append_page(const struct sp_html_page *page, struct sp_buf *out)
{
    sp_html_append_head(page->config, page->title, out);
    append_paragraph(sp_str_from_c(page->text), out);
    append_paragraph(page->detail, out);
    if (page->user.len > 0) {
        sp_buf_append_c(out, "<dl><dt>Signed in as</dt><dd>");
        sp_html_append_name(page->user, out);
        sp_buf_append_c(out, page->user_is_cut ? "…" : "");
        sp_buf_append_c(out, "</dd></dl>");
    }
    append_paragraph(sp_str_from_c(page->advice), out);
    append_button(page, out);
    if (page->second_href.len > 0) {
        sp_buf_append_c(out, "<p><a href=\"");
        sp_quote_append_html(page->second_href, out);
        sp_buf_append_c(out, "\">");
        sp_quote_append_html(sp_str_from_c(page->second_label), out);
        sp_buf_append_c(out, "</a></p>");
    }
    sp_html_append_foot(page->config, page->request_id, page->reason, out);
}
