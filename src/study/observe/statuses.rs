//! Answers as a balancer counts them: by HTTP status.

use super::{Observer, share};
use crate::model::{Cause, HttpStatus};

impl Observer<'_> {
    /// Of each status, and of each class of them.
    pub(super) fn statuses(&mut self) {
        let failed = self.failed(|_| true);
        let all = self.merged(&self.m.durations, self.m.shape.endpoints * 2, |_| true).count() as f64;
        let nobody: f64 = self.labels.fleets.iter().map(|fleet| self.counted(fleet.nobody)).sum();
        // Told at once, but perhaps heard of in the next span.
        let nobody = nobody.min(failed[Cause::InstanceDown as usize]);
        let count = |status: HttpStatus| -> f64 {
            let causes = Cause::ALL.iter().zip(&failed).filter(|(cause, _)| HttpStatus::of(**cause) == status);
            let told: f64 = causes.map(|(_, count)| count).sum();
            match status {
                HttpStatus::Success => all - failed.iter().sum::<f64>(),
                HttpStatus::BadGateway => told - nobody,
                HttpStatus::Unavailable => told + nobody,
                HttpStatus::TooManyRequests
                | HttpStatus::ClientClosed
                | HttpStatus::InternalError
                | HttpStatus::GatewayTimeout => told,
            }
        };
        let counts: Vec<(HttpStatus, f64)> = HttpStatus::ALL.iter().map(|&status| (status, count(status))).collect();
        for word in HttpStatus::words() {
            let count: f64 = counts.iter().filter(|(status, _)| status.is(word)).map(|(_, count)| count).sum();
            self.add("http_status", word, "count", "1", count);
            self.add("http_status", word, "share", "%", share(count, all));
        }
    }
}
