// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "format/value.h"
#include "sources/sources.h"

namespace outlay::sources {

/// What a sync did, and how a source stands, as REST, commands and tasks answer it.
format::Value report_json(const SyncReport& report);
format::Value status_json(const SourceStatus& status);
/// The same for people: one line per source, then what waits or was refused.
std::string report_text(const SyncReport& report);

/// A map whose values are all texts (as command lines give them) as a source's settings:
/// true and false, lists by commas, "secret:NAME", "env:NAME" and "file:PATH", "query.a" for an
/// entry of a map.
format::Value settings_of_texts(const format::Value& texts);

}  // namespace outlay::sources
