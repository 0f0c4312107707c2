//! Why requests failed: what tools say, as far as it is a cause of the contract.
//!
//! A load tool sees only its own side. It knows when it gave up or was not connected, and a status 429 speaks for
//! itself; a status 500 or 503 may have any cause, and none is guessed.

/// The closed list of the contract.
pub const CAUSES: [&str; 21] = [
    "acquire_timeout",
    "queue_full",
    "connection_refused",
    "connect_timeout",
    "statement_timeout",
    "request_timeout",
    "client_timeout",
    "api_timeout",
    "api_error",
    "api_rate_limited",
    "circuit_open",
    "deadline",
    "rate_limited",
    "shed",
    "deadlock",
    "constraint",
    "cache_refused",
    "out_of_memory",
    "instance_down",
    "balancer_timeout",
    "intrinsic",
];

/// The cause of this very word.
pub fn by_word(word: &[u8]) -> Option<&'static str> {
    CAUSES.into_iter().find(|cause| cause.as_bytes() == word)
}

/// The cause that a status alone tells.
pub fn of_status(status: u16) -> Option<&'static str> {
    (status == 429).then_some("rate_limited")
}

/// The cause of one of k6's error codes.
pub fn of_k6_code(code: &[u8]) -> Option<&'static str> {
    match code {
        b"1050" => Some("client_timeout"),
        b"1211" => Some("connect_timeout"),
        b"1212" => Some("connection_refused"),
        b"1429" => Some("rate_limited"),
        _ => None,
    }
}

/// The cause that the text of a client's error tells, of whatever language and library.
pub fn of_text(text: &[u8]) -> Option<&'static str> {
    let lower = text.to_ascii_lowercase();
    let has = |word: &[u8]| memchr::memmem::find(&lower, word).is_some();
    if has(b"refused") {
        Some("connection_refused")
    } else if (has(b"connect") || has(b"dial")) && !has(b"connection pool") && (has(b"timed out") || has(b"timeout")) {
        Some("connect_timeout")
    } else if has(b"timed out") || has(b"timeout") || has(b"etimedout") || has(b"deadline exceeded") {
        Some("client_timeout")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_say_is_understood() {
        for (text, cause) in [
            ("dial tcp 10.0.0.1:80: connect: connection refused", Some("connection_refused")),
            ("Non HTTP response code: java.net.SocketTimeoutException", Some("client_timeout")),
            ("Non HTTP response code: org.apache.http.conn.ConnectTimeoutException", Some("connect_timeout")),
            ("dial: i/o timeout", Some("connect_timeout")),
            ("context deadline exceeded", Some("client_timeout")),
            ("ETIMEDOUT", Some("client_timeout")),
            ("status.find.is(200), found 503", None),
        ] {
            assert_eq!(of_text(text.as_bytes()), cause, "{text}");
        }
        assert_eq!((of_status(429), of_status(503)), (Some("rate_limited"), None));
        assert_eq!(by_word(b"queue_full"), Some("queue_full"));
    }
}
