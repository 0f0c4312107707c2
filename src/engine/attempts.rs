//! Attempts of steps that may be tried again: which one it is, and the wait before the next.

use super::kernel::World;
use super::program::{By, Op, Pc, Target};
use super::requests::{Request, RequestId};

/// What each attempt in register `r` adds to the salt of draws (odd, unrelated constants).
pub(super) const ATTEMPT_SALT: [u64; 4] =
    [0xd6e8_feb8_6659_fd93, 0xa3b1_9535_4a39_b70d, 0x1b03_7387_12fa_d5c9, 0xc2b2_ae3d_27d4_eb4f];

impl World<'_> {
    /// After a failure: where to go on if there is no further attempt; `None` if the request waits for one.
    pub(super) fn try_again(&mut self, id: RequestId, op: Op) -> Option<Pc> {
        let Op::Again { register, attempts, wait, on, again, failed } = op else { return None };
        let request = &mut self.hub.requests[id];
        let tried = request.attempts[register as usize] + 1;
        if on & (1 << request.cause) == 0 || tried >= attempts {
            request.leave_loop(register);
            return Some(failed);
        }
        request.attempts[register as usize] = tried;
        request.salt = request.salt.wrapping_add(ATTEMPT_SALT[register as usize & 3]);
        self.back_off(id, again, wait, tried);
        None
    }

    /// Waits before attempt number `tried + 1`, which goes on at `again`.
    pub(super) fn back_off(&mut self, id: RequestId, again: Pc, wait: u32, tried: u8) {
        let spec = &self.hub.program.waits[wait as usize];
        let mut ns = (spec.first * spec.factor.powi(i32::from(tried) - 1)).min(spec.max);
        if spec.certain < 1.0 {
            ns *= spec.certain + (1.0 - spec.certain) * self.hub.requests[id].draw(spec.site).uniform();
        }
        self.leave_lane(id);
        let at = Target { base: spec.processor, by: By::One };
        self.start(id, again, at, ns as u64, false, spec.part);
    }
}

impl Request {
    /// Forgets the attempts counted in a register.
    pub(super) fn leave_loop(&mut self, register: u8) {
        let attempts = std::mem::take(&mut self.attempts[register as usize]);
        let salt = ATTEMPT_SALT[register as usize & 3].wrapping_mul(u64::from(attempts));
        self.salt = self.salt.wrapping_sub(salt);
    }
}
