//! A sweep on several machines: the points of its grid are dealt out like cards.
//!
//! Points know nothing of each other, so each machine does its own and nothing is exchanged until all are done.
//! Neighbours along the last axis are often equally expensive; dealt in turn, they fall to different machines. (A
//! number of shards that shares a factor with the number of values there deals the same values to the same machine.)

use serde::{Deserialize, Serialize};

/// The `k`-th of `n` equal parts of a grid, written "k/n": 1 <= k <= n.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shard {
    k: usize,
    n: usize,
}

impl Shard {
    /// `None` unless 1 <= k <= n.
    #[must_use]
    pub fn new(k: usize, n: usize) -> Option<Shard> {
        (1 <= k && k <= n).then_some(Shard { k, n })
    }

    /// How many parts there are.
    #[must_use]
    pub fn count(self) -> usize {
        self.n
    }

    /// The one of as many parts that does the point at this place of the grid, which counts from 0.
    #[must_use]
    pub fn at(self, place: usize) -> Shard {
        Shard { k: place % self.n + 1, n: self.n }
    }

    /// Whether the point at this place of the grid, from 0, belongs to it.
    #[must_use]
    pub fn has(self, place: usize) -> bool {
        self.at(place) == self
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.k, self.n)
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> String {
        shard.to_string()
    }
}

impl TryFrom<String> for Shard {
    type Error = String;

    fn try_from(text: String) -> Result<Shard, String> {
        let number = |text: &str| text.parse::<u32>().ok().and_then(|number| usize::try_from(number).ok());
        let numbers = text.split_once('/').and_then(|(k, n)| Some((number(k)?, number(n)?)));
        let refused = || "a part such as 2/4 is needed, from 1/4 to 4/4".to_owned();
        numbers.and_then(|(k, n)| Shard::new(k, n)).ok_or_else(refused)
    }
}

/// All combinations of the values of axes, the last axis fastest.
#[must_use]
pub fn grid<T: Clone>(axes: &[&[T]]) -> Vec<Vec<T>> {
    let mut grid = vec![Vec::new()];
    for values in axes {
        let with = |at: &Vec<T>| {
            let at = at.clone();
            values.iter().map(move |value| at.iter().chain([value]).cloned().collect())
        };
        grid = grid.iter().flat_map(with).collect();
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_belongs_to_exactly_one_shard() {
        for n in 1..8 {
            let shards: Vec<Shard> = (0..=n + 1).filter_map(|k| Shard::new(k, n)).collect();
            assert_eq!(shards.len(), n);
            for place in 0..20 {
                let owners: Vec<&Shard> = shards.iter().filter(|shard| shard.has(place)).collect();
                assert_eq!(owners, [&shards[place % n]], "{place}");
            }
        }
    }

    #[test]
    fn a_shard_is_written_as_it_is_read() {
        for text in ["1/1", "2/4", "4/4", "4294967295/4294967295"] {
            assert_eq!(Shard::try_from(text.to_owned()).map(String::from), Ok(text.to_owned()));
        }
        for text in ["0/4", "5/4", "1/0", "2", "/", "a/b", "1/-1", "1/2/3", "1/4294967296", ""] {
            assert!(Shard::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn the_last_axis_is_the_fastest() {
        let (rows, columns) = (["a", "b"], ["1", "2", "3"]);
        let told: Vec<String> = grid(&[&rows, &columns]).iter().map(|at| at.concat()).collect();
        assert_eq!(told, ["a1", "a2", "a3", "b1", "b2", "b3"]);
        assert_eq!(grid::<u8>(&[&[], &[1]]), Vec::<Vec<u8>>::new());
    }
}
