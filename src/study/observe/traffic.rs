//! Bytes sent and received by the load generator.

use super::Observer;

impl Observer<'_> {
    /// Of requests that were answered, and of answers that are no failures.
    pub(super) fn traffic(&mut self) {
        let payloads = &self.labels.payloads;
        if payloads.iter().all(|(request, answer)| request + answer <= 0.0) {
            return;
        }
        let endpoints = self.m.shape.endpoints;
        let (mut sent, mut received) = (0.0, 0.0);
        for segment in self.segments() {
            for (endpoint, (request, answer)) in payloads.iter().enumerate() {
                let cell = (segment * endpoints + endpoint) * 2;
                let (ok, failed) = (self.m.durations[cell].count(), self.m.durations[cell + 1].count());
                sent += (ok + failed) as f64 * request;
                received += ok as f64 * answer;
            }
        }
        for (metric, bytes) in [("data_sent", sent), ("data_received", received)] {
            self.add(metric, "", "count", "MB", bytes / 1e6);
            self.add(metric, "", "rate", "MB/s", bytes / 1e6 / self.seconds());
        }
    }
}
