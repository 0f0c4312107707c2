//! Damage to files, by chance but always the same.

use plimsoll::random::derive;

/// What chance would hardly find, in libFuzzer's notation: words of the formats, and numbers at the ends of types.
const DICTIONARY: &str = include_str!("../../fuzz/words.dict");

/// Bytes that are damaged further and further with each call.
pub struct Damage {
    key: u64,
    drawn: u64,
    words: Vec<Vec<u8>>,
}

impl Damage {
    pub fn new(key: u64) -> Damage {
        Damage { key, drawn: 0, words: words() }
    }

    /// A whole number below `end`, which is not 0.
    fn below(&mut self, end: usize) -> usize {
        self.drawn += 1;
        (derive(self.key, self.drawn) % end as u64) as usize
    }

    /// A stretch of bytes, not longer than `longest`.
    fn stretch(&mut self, bytes: &[u8], longest: usize) -> std::ops::Range<usize> {
        let from = self.below(bytes.len() + 1);
        let most = (bytes.len() - from).min(longest);
        from..from + self.below(most + 1)
    }

    /// One to four wounds.
    pub fn damaged(&mut self, bytes: &[u8], other: &[u8]) -> Vec<u8> {
        let mut damaged = bytes.to_vec();
        for _ in 0..=self.below(4) {
            self.wound(&mut damaged, other);
        }
        damaged
    }

    fn wound(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        let at = self.below(bytes.len() + 1);
        match self.below(8) {
            0 if !bytes.is_empty() => {
                let (at, bit) = (self.below(bytes.len()), self.below(8));
                bytes[at] ^= 1 << bit;
            }
            1 if !bytes.is_empty() => {
                let at = self.below(bytes.len());
                bytes[at] = self.below(256) as u8;
            }
            2 => bytes.truncate(at),
            3 => {
                let stretch = self.stretch(bytes, 64);
                bytes.drain(stretch);
            }
            4 => {
                let stretch = self.stretch(bytes, 256);
                let again = bytes[stretch].to_vec();
                bytes.splice(at..at, again);
            }
            5 => {
                let stretch = self.stretch(other, 256);
                bytes.splice(at..at, other[stretch].iter().copied());
            }
            // Interleaved: the end of one file behind the beginning of another.
            6 => {
                let from = self.below(other.len() + 1);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            _ => {
                let word = self.below(self.words.len());
                let over = self.stretch(&bytes[at..], 8).len();
                bytes.splice(at..at + over, self.words[word].iter().copied());
            }
        }
    }
}

fn words() -> Vec<Vec<u8>> {
    let lines = DICTIONARY.lines().filter_map(|line| line.strip_prefix('"')?.strip_suffix('"'));
    lines.map(unescaped).collect()
}

/// `\"`, `\\` and `\x00` as libFuzzer has them.
fn unescaped(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        match (first, after) {
            (b'\\', [b'x', high, low, more @ ..]) => {
                let digit = |byte: u8| char::from(byte).to_digit(16).expect("a digit") as u8;
                bytes.push(digit(*high) * 16 + digit(*low));
                rest = more;
            }
            (b'\\', [escaped, more @ ..]) => {
                bytes.push(*escaped);
                rest = more;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    bytes
}
