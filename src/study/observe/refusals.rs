//! Whom tiers do not let in.

use super::Observer;
use crate::compile::PermitKind;
use crate::model::Cause;

/// How a request ends that is not let in.
const CAUSES: [Cause; 3] = [Cause::Shed, Cause::QueueFull, Cause::RequestTimeout];

impl Observer<'_> {
    /// Requests to the endpoints of each tier that says what it lets in, by cause.
    pub(super) fn refusals(&mut self) {
        let labels = self.labels;
        for label in labels.permits.iter().filter(|label| label.kind == PermitKind::Admission) {
            let failed = self.failed(|endpoint| labels.tiers[endpoint] == label.name);
            for cause in CAUSES {
                let scope = format!("{} {}", label.name, cause.word());
                self.add_count("requests_refused", &scope, failed[cause as usize]);
            }
        }
    }
}
