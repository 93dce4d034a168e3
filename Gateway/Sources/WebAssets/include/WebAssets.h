#ifndef FRONTDESK_WEB_ASSETS_H
#define FRONTDESK_WEB_ASSETS_H

#include <stddef.h>

/// One file of the built pages, as it is embedded in the program.
struct frontdesk_asset {
    /// Begins with a slash: "/index.html".
    const char *path;
    const char *content_type;
    const unsigned char *bytes;
    size_t byte_count;
    /// The same, compressed with gzip; NULL and 0 where that gains nothing.
    const unsigned char *gzip_bytes;
    size_t gzip_byte_count;
    /// Not 0 when the path changes with the content, so that it may be kept for ever.
    int immutable;
};

/// All files. None when the pages weren't built.
extern const struct frontdesk_asset *const frontdesk_assets;
extern const size_t frontdesk_asset_count;

#endif
