//! Fields of one line of a comma-separated table, as bytes.
//!
//! Load tools write RFC 4180 with `,`, `;` or tabs. Lines of single requests are read by the million, so fields are
//! borrowed where they can be. (Tables of figures, where every place must be known, are read by `table`.)

use std::borrow::Cow;

/// The fields of a line.
pub fn split(line: &[u8], delimiter: u8) -> Vec<Cow<'_, [u8]>> {
    let mut fields = Vec::with_capacity(24);
    let mut rest = line;
    loop {
        let (field, after) = if rest.first() == Some(&b'"') { quoted(rest, delimiter) } else { plain(rest, delimiter) };
        fields.push(field);
        match after {
            Some(after) => rest = after,
            None => return fields,
        }
    }
}

fn plain(text: &[u8], delimiter: u8) -> (Cow<'_, [u8]>, Option<&[u8]>) {
    match memchr::memchr(delimiter, text) {
        Some(end) => (Cow::Borrowed(&text[..end]), Some(&text[end + 1..])),
        None => (Cow::Borrowed(text), None),
    }
}

fn quoted(text: &[u8], delimiter: u8) -> (Cow<'_, [u8]>, Option<&[u8]>) {
    let mut end = 1;
    let mut doubled = false;
    while let Some(found) = memchr::memchr(b'"', text.get(end..).unwrap_or_default()) {
        end += found;
        if text.get(end + 1) != Some(&b'"') {
            let field = &text[1..end];
            let field = if doubled { Cow::Owned(without_doubles(field)) } else { Cow::Borrowed(field) };
            let after = &text[end + 1..];
            let rest = memchr::memchr(delimiter, after).map(|at| &after[at + 1..]);
            return (field, rest);
        }
        doubled = true;
        end += 2;
    }
    // Never closed: what is there, as it stands.
    (Cow::Borrowed(&text[1..]), None)
}

fn without_doubles(field: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(field.len());
    let mut rest = field.iter();
    while let Some(&byte) = rest.next() {
        plain.push(byte);
        if byte == b'"' {
            rest.next();
        }
    }
    plain
}

/// Whether a quote of this line is not closed in it.
pub fn is_open(line: &[u8]) -> bool {
    memchr::memchr_iter(b'"', line).count() % 2 == 1
}

/// The columns of a header.
#[derive(Clone, Debug, Default)]
pub struct Header {
    line: Vec<u8>,
    names: Vec<String>,
    pub delimiter: u8,
}

impl Header {
    /// From the first line of a table, whatever it is cut by.
    pub fn of(line: &[u8]) -> Header {
        let count = |byte: u8| memchr::memchr_iter(byte, line).count();
        let delimiter =
            [b',', b'\t', b';'].into_iter().max_by_key(|byte| (count(*byte), *byte == b',')).unwrap_or(b',');
        let name = |field: &Cow<[u8]>| String::from_utf8_lossy(field).trim().to_owned();
        Header { line: line.to_vec(), names: split(line, delimiter).iter().map(name).collect(), delimiter }
    }

    /// Where a column stands; the first of these names that there is.
    pub fn place(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.names.iter().position(|known| known == name))
    }

    pub fn has(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.place(&[name]).is_some())
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether a line is the header again, as where two files were joined.
    pub fn is(&self, line: &[u8]) -> bool {
        self.line == line
    }
}

/// A field of a line, without blanks; empty if it is not there.
pub fn field<'f>(fields: &'f [Cow<'_, [u8]>], place: Option<usize>) -> &'f [u8] {
    place.and_then(|place| fields.get(place)).map_or(&[], |field| field.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<String> {
        split(line.as_bytes(), b',').iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect()
    }

    #[test]
    fn quotes_hold_commas_and_quotes() {
        assert_eq!(texts("a,,\"b,c\",\"say \"\"hi\"\"\",d"), ["a", "", "b,c", "say \"hi\"", "d"]);
        assert_eq!(texts(""), [""]);
        assert_eq!(texts("a,"), ["a", ""]);
        assert_eq!(texts("\"open, and no end"), ["open, and no end"]);
        assert!(is_open(b"1,\"two") && !is_open(b"1,\"two\""));
    }

    #[test]
    fn columns_are_found_by_name_whatever_the_delimiter() {
        for line in ["timeStamp,elapsed,label", "timeStamp\telapsed\tlabel", "timeStamp;elapsed;label"] {
            let header = Header::of(line.as_bytes());
            assert_eq!((header.place(&["t", "elapsed"]), header.place(&["x"])), (Some(1), None));
            assert!(header.has(&["timeStamp", "label"]) && header.is(line.as_bytes()));
        }
    }
}
