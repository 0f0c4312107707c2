//! The keys that are stored: dense arrays, so that a random one is one index away.
//!
//! `where_is` has four bytes for every key there may be; every stored key has an entry of 24 bytes,
//! and four more in the list of those with a time to live. The last entry fills the place of one
//! that is removed.

/// A stored key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub key: u32,
    /// Bytes it takes, its end included.
    pub cost: u32,
    /// See [`super::age`].
    pub age: u32,
    /// Where it stands in the list of those with a time to live, plus 1; 0 if it has none.
    volatile: u32,
    /// Millisecond after which it is no longer valid; [`NEVER`] without a time to live.
    pub ends: u64,
}

pub(super) const NEVER: u64 = u64::MAX;

#[derive(Clone, Debug, Default)]
pub(super) struct Entries {
    /// Per key its place in `list`, plus 1; 0 if it is not stored.
    where_is: Vec<u32>,
    list: Vec<Entry>,
    /// Places in `list` of the keys with a time to live.
    volatile: Vec<u32>,
}

/// An entry that was removed, and which place was filled from which.
#[derive(Clone, Copy, Debug)]
pub(super) struct Removed {
    pub entry: Entry,
    /// The place that is free now; what stood there is gone.
    pub place: u32,
    /// Where the entry came from that stands there now: the end. The same as `place` if none does.
    pub last: u32,
}

impl Entries {
    pub(super) fn new(keys: usize) -> Entries {
        Entries { where_is: vec![0; keys], list: Vec::new(), volatile: Vec::new() }
    }

    pub(super) fn len(&self) -> u32 {
        self.list.len() as u32
    }

    pub(super) fn volatile_len(&self) -> u32 {
        self.volatile.len() as u32
    }

    /// Whether there may be such a key.
    pub(super) fn knows(&self, key: u32) -> bool {
        (key as usize) < self.where_is.len()
    }

    #[inline]
    pub(super) fn place(&self, key: u32) -> Option<u32> {
        self.where_is.get(key as usize)?.checked_sub(1)
    }

    #[inline]
    pub(super) fn at(&self, place: u32) -> &Entry {
        &self.list[place as usize]
    }

    #[inline]
    pub(super) fn at_mut(&mut self, place: u32) -> &mut Entry {
        &mut self.list[place as usize]
    }

    /// The place of the `nth` key with a time to live.
    #[inline]
    pub(super) fn volatile(&self, nth: u32) -> u32 {
        self.volatile[nth as usize]
    }

    #[inline]
    pub(super) fn is_volatile(&self, place: u32) -> bool {
        self.list[place as usize].volatile != 0
    }

    /// Adds a key that is not stored, without a time to live; its place.
    pub(super) fn add(&mut self, key: u32, cost: u32, age: u32) -> u32 {
        let place = self.len();
        self.list.push(Entry { key, cost, age, volatile: 0, ends: NEVER });
        self.where_is[key as usize] = place + 1;
        place
    }

    /// Lets a key end after the millisecond `ends`, or never.
    pub(super) fn set_end(&mut self, place: u32, ends: u64) {
        let volatile = self.list[place as usize].volatile;
        if ends == NEVER && volatile != 0 {
            self.leave_volatile(volatile - 1);
            self.list[place as usize].volatile = 0;
        } else if ends != NEVER && volatile == 0 {
            self.volatile.push(place);
            self.list[place as usize].volatile = self.volatile_len();
        }
        self.list[place as usize].ends = ends;
    }

    fn leave_volatile(&mut self, nth: u32) {
        self.volatile.swap_remove(nth as usize);
        if let Some(moved) = self.volatile.get(nth as usize) {
            self.list[*moved as usize].volatile = nth + 1;
        }
    }

    pub(super) fn remove(&mut self, place: u32) -> Removed {
        if let Some(nth) = self.list[place as usize].volatile.checked_sub(1) {
            self.leave_volatile(nth);
        }
        let entry = self.list.swap_remove(place as usize);
        self.where_is[entry.key as usize] = 0;
        let last = self.len();
        if let Some(moved) = self.list.get(place as usize) {
            self.where_is[moved.key as usize] = place + 1;
            if moved.volatile != 0 {
                self.volatile[moved.volatile as usize - 1] = place;
            }
        }
        Removed { entry, place, last }
    }

    pub(super) fn clear(&mut self) {
        for entry in &self.list {
            self.where_is[entry.key as usize] = 0;
        }
        self.list.clear();
        self.volatile.clear();
    }

    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.list.iter()
    }
}
