#include "include/WebAssets.h"

// scripts/build-pages writes dist/assets.h. Without it the program builds all the same, and says at "/"
// how to get the pages.
#if __has_include("dist/assets.h")
// #embed came with C23; this compiler has it in every mode.
#pragma clang diagnostic ignored "-Wc23-extensions"
#include "dist/assets.h"
const struct frontdesk_asset *const frontdesk_assets = assets;
const size_t frontdesk_asset_count = sizeof assets / sizeof assets[0];
#else
const struct frontdesk_asset *const frontdesk_assets = NULL;
const size_t frontdesk_asset_count = 0;
#endif
