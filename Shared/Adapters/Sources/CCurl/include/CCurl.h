// libcurl for Swift: curl_easy_setopt and curl_easy_getinfo are variadic, which Swift can't call, so here
// is one function for each kind of argument they take.
#ifndef FRONTDESK_CCURL_H
#define FRONTDESK_CCURL_H

// Its macros around curl_easy_setopt are for C callers only.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value);
/// Copied by libcurl.
CURLcode ccurl_set_string(CURL *handle, CURLoption option, const char *value);
CURLcode ccurl_set_offset(CURL *handle, CURLoption option, curl_off_t value);
/// Not copied: it has to live until the transfer is done.
CURLcode ccurl_set_list(CURL *handle, CURLoption option, struct curl_slist *list);
/// Where the bytes to be sent come from. `context` is handed to `reader`.
CURLcode ccurl_set_reader(CURL *handle, curl_read_callback reader, void *context);
/// Is shown every line of the dialogue. `context` is handed to `observer`.
CURLcode ccurl_set_observer(CURL *handle, curl_debug_callback observer, void *context);
/// The server's last reply, such as 250; 0 when there was none.
long ccurl_response_code(CURL *handle);

#endif
