// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "connectors/connector.h"
#include "connectors/declared/declaration.h"

namespace outlay::connectors {

/// A connector that reads files the way a user's mapping says; it recognises every header, since
/// the user has chosen the files.
std::unique_ptr<Connector> make_declared_connector(Declaration declaration);

/// Reads a mapping file. An error has file, line and what to do.
base::Result<std::unique_ptr<Connector>> load_declared_connector(const io::Path& mapping);

}  // namespace outlay::connectors
