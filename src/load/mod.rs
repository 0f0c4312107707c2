//! k6's schedules as pure functions of time.
