// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "flow/task.h"

namespace outlay::tasks {

/// Mail by SMTP: MailSend, and MailExecution that tells how an execution went.
std::vector<std::unique_ptr<flow::TaskType>> make_mail_tasks();

}  // namespace outlay::tasks
