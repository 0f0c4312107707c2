//! The exact order of use: a doubly linked list through the places of the entries.

use super::entries::Removed;

const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Link {
    newer: u32,
    older: u32,
}

/// Places from the newest to the oldest.
#[derive(Clone, Debug)]
pub(super) struct Order {
    links: Vec<Link>,
    newest: u32,
    oldest: u32,
}

impl Order {
    pub(super) fn new() -> Order {
        Order { links: Vec::new(), newest: NONE, oldest: NONE }
    }

    pub(super) fn oldest(&self) -> Option<u32> {
        (self.oldest != NONE).then_some(self.oldest)
    }

    /// The entry just added at the end of the entries is the newest.
    pub(super) fn add(&mut self) {
        self.links.push(Link { newer: NONE, older: NONE });
        self.link(self.links.len() as u32 - 1);
    }

    /// An entry becomes the newest.
    pub(super) fn renew(&mut self, place: u32) {
        if self.newest != place {
            self.unlink(place);
            self.link(place);
        }
    }

    /// Follows what the entries did on a removal.
    pub(super) fn remove(&mut self, removed: &Removed) {
        self.unlink(removed.place);
        let moved = self.links[removed.last as usize];
        self.links.pop();
        if removed.last != removed.place {
            self.links[removed.place as usize] = moved;
            self.join(moved.newer, removed.place);
            self.join(removed.place, moved.older);
        }
    }

    fn link(&mut self, place: u32) {
        let second = self.newest;
        self.join(NONE, place);
        self.join(place, second);
    }

    fn unlink(&mut self, place: u32) {
        let Link { newer, older } = self.links[place as usize];
        self.join(newer, older);
    }

    /// Makes two places neighbours; `NONE` stands for either end.
    fn join(&mut self, newer: u32, older: u32) {
        match self.links.get_mut(newer as usize) {
            Some(link) => link.older = older,
            None => self.newest = older,
        }
        match self.links.get_mut(older as usize) {
            Some(link) => link.newer = newer,
            None => self.oldest = newer,
        }
    }
}
