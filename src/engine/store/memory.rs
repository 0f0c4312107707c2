//! What a key costs: the allocator's size classes, and the pieces a key is made of.
//!
//! | piece | bytes asked for |
//! |---|---|
//! | entry of the table of keys | 24 |
//! | name | header (1 below 32 bytes, 3 below 256, 5 below 64 KiB, 9) + length + 1 |
//! | value of up to 44 bytes | one piece: 16 + 3 + length + 1 |
//! | longer value | 16, and header + length + 1 |
//! | entry of the table of ends, if it has a time to live | 24 |
//!
//! Each piece takes the allocator's next size class: multiples of the quantum up to 8 of them, then
//! four classes to each doubling. So a value of 4,500 bytes costs 5,120. The tables themselves are in
//! `table`. Sources: dict.h, sds.c, object.c, zmalloc.c of release 7.0.15, and the
//! allocator's manual, "size classes"; docs/mechanisms.md says whose they are.

use super::program::Memory;

/// Used by an empty server of release 7.0 just after its start, bytes.
pub const START_UP: u64 = 876_272;
/// Used by a connection that is in use, bytes: itself and its two buffers.
pub const CONNECTION: u64 = 32_500;
/// Used from the first use of each kind of command on, bytes: the histogram of its latencies.
pub const COMMAND: u64 = 24_688;

const TABLE_ENTRY: u64 = 24;
const OBJECT: u64 = 16;
/// Longest value stored in one piece with its object.
const EMBEDDED: u64 = 44;

/// The bytes the allocator hands out where `bytes` are asked for.
#[must_use]
pub fn size_class(bytes: u64, quantum: u64) -> u64 {
    if bytes <= 8 {
        return 8;
    }
    // Four classes to a doubling are not narrower than the quantum from here on.
    if bytes <= 8 * quantum {
        return bytes.next_multiple_of(quantum);
    }
    let spacing = 1 << ((bytes - 1).ilog2() - 2);
    bytes.next_multiple_of(spacing)
}

/// Bytes asked for by a text of this length.
fn text(length: u64) -> u64 {
    let header = match length {
        0..32 => 1,
        32..256 => 3,
        256..65_536 => 5,
        _ => 9,
    };
    header + length + 1
}

impl Memory {
    /// In use without a key.
    #[must_use]
    pub fn fixed(self) -> u64 {
        match self {
            Memory::ValuesOnly => 0,
            Memory::Allocated { fixed, .. } => fixed,
        }
    }

    fn class(self, bytes: u64) -> u64 {
        match self {
            Memory::ValuesOnly => bytes,
            Memory::Allocated { quantum, .. } => size_class(bytes, u64::from(quantum.max(8))),
        }
    }

    /// A value by itself, as it comes in with a command.
    fn value(self, bytes: u64) -> u64 {
        match self {
            Memory::ValuesOnly => bytes,
            Memory::Allocated { .. } if bytes <= EMBEDDED => self.class(OBJECT + 3 + bytes + 1),
            // A value is never given the short header of names.
            Memory::Allocated { .. } => self.class(OBJECT) + self.class(text(bytes.max(32))),
        }
    }

    /// What a stored key takes, its end apart.
    #[must_use]
    pub fn key(self, name_bytes: u32, value_bytes: u32) -> u64 {
        let value = self.value(u64::from(value_bytes));
        match self {
            Memory::ValuesOnly => value,
            Memory::Allocated { .. } => value + self.class(text(u64::from(name_bytes))) + self.class(TABLE_ENTRY),
        }
    }

    /// What the end of a key with a time to live takes besides.
    #[must_use]
    pub fn end(self) -> u64 {
        match self {
            Memory::ValuesOnly => 0,
            Memory::Allocated { .. } => self.class(TABLE_ENTRY),
        }
    }

    /// What a command holds while room is made for it: its words, and the value it brings.
    pub(super) fn command(self, name_bytes: u32, value_bytes: Option<u32>) -> u64 {
        let value = value_bytes.map_or(0, |bytes| self.value(u64::from(bytes)));
        match self {
            Memory::ValuesOnly => value,
            Memory::Allocated { .. } => {
                let word = |bytes: u32| self.value(u64::from(bytes));
                self.class(16) + word(3) + word(name_bytes) + value
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the allocator's manual (quantum 16) and its build with a quantum of 8.
    #[test]
    fn size_classes_are_those_of_the_manual() {
        let manual = [16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 896, 1024];
        for bytes in 9..=1024 {
            let next = manual.iter().find(|class| **class >= bytes).unwrap();
            assert_eq!(size_class(bytes, 16), *next, "{bytes}");
        }
        assert_eq!(
            [1, 8, 9, 24, 25, 56, 64, 65, 80, 81].map(|b| size_class(b, 8)),
            [8, 8, 16, 24, 32, 56, 64, 80, 80, 96]
        );
        assert_eq!([4097, 5120, 5121, 40_006, 1 << 20].map(|b| size_class(b, 8)), [5120, 5120, 6144, 40_960, 1 << 20]);
    }

    /// What a server of release 7.0.15 reports as the memory of a key named by 11 bytes, whose own
    /// count leaves the entry of the table at 24 bytes where 32 are allocated.
    #[test]
    fn keys_cost_what_a_server_reports() {
        let memory = Memory::Allocated { quantum: 16, fixed: 0 };
        let reported = [
            (10, 72),
            (28, 88),
            (29, 104),
            (44, 104),
            (45, 120),
            (100, 168),
            (250, 312),
            (255, 376),
            (4500, 5176),
            (10_000, 10_296),
            (40_000, 41_016),
        ];
        for (bytes, cost) in reported {
            assert_eq!(memory.key(11, bytes) - 8, cost, "{bytes}");
        }
    }
}
