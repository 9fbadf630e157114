// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/operation.h"
#include "api/outlay.h"
#include "base/result.h"
#include "server/live.h"
#include "server/router.h"

namespace outlay::server {

/// Every operation of the catalogue that has a path, and the routes of their own below.
void add_routes(Router& router, api::Outlay& outlay, Live& live);

/// Event streams: events, executions/{id}/follow, logs/{id}/follow.
void add_stream_routes(Router& router, api::Outlay& outlay, Live& live);

/// Files that the tasks of an execution left: executions/{id}/file, its size, its first rows.
void add_file_routes(Router& router, api::Outlay& outlay);

/// The request of an operation as HTTP sent it. Path wins over body, body over query. The body is
/// the operation's body parameter or an object of parameters; the fields of a form are "inputs"
/// and its files "files" where the operation has those; filters[field][OPERATION]=value of the
/// query are "filters".
base::Result<format::Value> operation_request(
    const api::Operation& operation, const Request& request, const Fields& matched);

}  // namespace outlay::server
