//! Measured parts: from where a request begins one to where it ends it, however it gets there.
//!
//! They nest, so each request has a small stack of them. What a deadline gives up counts as failed at that
//! instant, and not again when its work ends.

use super::hub::Hub;
use super::program::NO_STEP;
use super::requests::{ABANDONED, CHILD, NONE, RequestId};

/// A measured part that a request is inside of.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    /// When it began, ns.
    begun: u64,
    /// What it counts as; [`NO_STEP`]: it is not counted any more.
    step: u32,
    /// What it counts as in the flow that set it off.
    of_flow: u32,
}

impl Hub<'_> {
    /// A request begins a measured part.
    pub fn span_begins(&mut self, id: RequestId, step: u32, name: u32) {
        let counts = !self.is_given_up(id);
        let (program, now) = (self.program, self.now);
        let request = &mut self.requests[id];
        let depth = request.spans as usize;
        request.spans += 1;
        let of_flow = match self.requests.origin(id).kind {
            NONE => NO_STEP,
            kind => program.steps_of_flows[(kind * program.step_names + name) as usize],
        };
        let span = if counts {
            Span { begun: now, step, of_flow }
        } else {
            Span { begun: now, step: NO_STEP, of_flow: NO_STEP }
        };
        self.requests.spans(id)[depth] = span;
    }

    /// A request ends the measured part that it began last.
    pub fn span_ends(&mut self, id: RequestId, failed: bool) {
        let request = &mut self.requests[id];
        request.spans -= 1;
        let (depth, cause) = (request.spans as usize, failed.then_some(request.cause));
        self.count_span(id, depth, cause);
    }

    fn count_span(&mut self, id: RequestId, depth: usize, cause: Option<u8>) {
        let nothing = Span { begun: 0, step: NO_STEP, of_flow: NO_STEP };
        let span = std::mem::replace(&mut self.requests.spans(id)[depth], nothing);
        for step in [span.step, span.of_flow].into_iter().filter(|&step| step != NO_STEP) {
            self.recorder.step_over(step as usize, cause, self.now - span.begun);
        }
    }

    /// A branch is given up with `cause`: all that it and its branches are inside of has failed.
    pub fn spans_given_up(&mut self, child: RequestId, cause: u8) {
        if self.program.deepest_steps == 0 {
            return;
        }
        self.fail_spans(child, cause);
        if self.requests[child].pending > 0 {
            for id in 0..self.requests.places() {
                if id != child && self.requests[id].flags & CHILD != 0 && self.is_branch_of(id, child) {
                    self.fail_spans(id, cause);
                }
            }
        }
    }

    pub fn fail_spans(&mut self, id: RequestId, cause: u8) {
        for depth in 0..self.requests[id].spans as usize {
            self.count_span(id, depth, Some(cause));
        }
    }

    /// Whether a request or one that it is a branch of was given up by a deadline.
    fn is_given_up(&self, mut id: RequestId) -> bool {
        loop {
            let request = &self.requests[id];
            if request.flags & CHILD == 0 {
                return false;
            }
            if request.flags & ABANDONED != 0 {
                return true;
            }
            id = request.owner;
        }
    }

    fn is_branch_of(&self, mut id: RequestId, of: RequestId) -> bool {
        loop {
            let request = &self.requests[id];
            if id == of {
                return true;
            }
            // Who waits for a branch that was given up is none of its owners any more.
            if request.flags & CHILD == 0 || request.flags & ABANDONED != 0 {
                return false;
            }
            id = request.owner;
        }
    }
}
