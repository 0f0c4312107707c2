//! What is wrong with a recording: every problem of a file, each at its place.

use std::fmt;

/// One thing that is wrong in a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadProblem {
    /// From 1; 0 where the whole file is meant.
    pub line: u64,
    /// From 1, in characters; 0 where the whole line or file is meant.
    pub column: u64,
    /// What was found, and why it cannot be.
    pub what: String,
    /// What would be right.
    pub hint: Option<String>,
}

impl ReadProblem {
    /// A problem at a place.
    #[must_use]
    pub fn at(line: u64, column: u64, what: impl Into<String>) -> ReadProblem {
        ReadProblem { line, column, what: what.into(), hint: None }
    }

    /// A problem of the file as a whole.
    #[must_use]
    pub fn whole(what: impl Into<String>) -> ReadProblem {
        ReadProblem::at(0, 0, what)
    }

    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> ReadProblem {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for ReadProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (0, _) => {}
            (line, 0) => write!(f, "line {line}: ")?,
            (line, column) => write!(f, "line {line}, column {column}: ")?,
        }
        write!(f, "{}", self.what)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// Why a recording could not be read: at least one problem, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// The file, as given.
    pub name: String,
    pub problems: Vec<ReadProblem>,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index > 0 { "\n" } else { "" };
            write!(f, "{separator}{}: {problem}", self.name)?;
        }
        Ok(())
    }
}

impl std::error::Error for ReadError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_problem_has_its_line() {
        let problems = vec![
            ReadProblem::whole("the file is empty"),
            ReadProblem::at(3, 0, "too short"),
            ReadProblem::at(4, 7, "`x` is no number").with_hint("write 1"),
        ];
        let error = ReadError { name: "a.csv".into(), problems };
        let expected = "a.csv: the file is empty\na.csv: line 3: too short\n\
                        a.csv: line 4, column 7: `x` is no number (write 1)";
        assert_eq!(error.to_string(), expected);
    }
}
