//! Who may ask: the page itself, under the names that this server has, and nobody else's page.
//!
//! A page of another origin may send requests here and not read the answers; its requests are refused all the same. A name
//! that was made to point here (DNS rebinding) is none of ours, so a request for it is refused.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, HeaderValue, ORIGIN, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::House;
use super::question::Refused;

/// Nothing from elsewhere, and nothing of ours elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The names under which a server is asked: of its own address, and those that it was given.
pub(super) fn names(address: SocketAddr, others: &[String]) -> Vec<String> {
    let port = address.port();
    let mut names = vec![address.to_string()];
    // Who listens everywhere listens here too, as in a container whose port is forwarded.
    if address.ip().is_loopback() || address.ip().is_unspecified() {
        names.extend([format!("localhost:{port}"), format!("127.0.0.1:{port}"), format!("[::1]:{port}")]);
    }
    names.extend(
        others.iter().flat_map(|name| [name.to_ascii_lowercase(), format!("{}:{port}", name.to_ascii_lowercase())]),
    );
    names
}

/// Refuses what does not come from the page, and says of every answer how it may be used.
pub(super) async fn guard(State(house): State<Arc<House>>, request: Request, next: Next) -> Response {
    let mut response = match refusal(&house.names, &request) {
        Some(refused) => refused.into_response(),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn refusal(names: &[String], request: &Request) -> Option<Refused> {
    let refused = |words: &str| Some(Refused::new(StatusCode::FORBIDDEN, words));
    let header = |name: &HeaderName| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = header(&HOST).map(str::to_ascii_lowercase);
    let Some(host) = host.filter(|host| names.contains(host)) else {
        return refused("this server has no such name; `plimsoll serve --name NAME` gives it one");
    };
    if header(&ORIGIN).is_some_and(|origin| !ours(origin, &host)) {
        return refused("requests of other pages are refused");
    }
    let site = header(&HeaderName::from_static("sec-fetch-site"));
    let foreign = site.is_some_and(|site| !matches!(site, "same-origin" | "none"));
    // A link from elsewhere to the page is none of them.
    let to_the_page = request.method() == Method::GET && request.uri().path() == "/";
    if foreign && !to_the_page { refused("requests of other pages are refused") } else { None }
}

/// Whether a page of this origin is ours: we speak plain HTTP, and a name may stand before us that speaks TLS; nobody does
/// on this machine's own names.
fn ours(origin: &str, host: &str) -> bool {
    let here =
        ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| host == *name || host.starts_with(&format!("{name}:")));
    let secure = origin.strip_prefix("https://").filter(|_| !here);
    origin.strip_prefix("http://").or(secure) == Some(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn refused(method: &str, path: &str, headers: &[(&str, &str)]) -> bool {
        let names = names("127.0.0.1:8080".parse().expect("an address"), &["plan.example.com".to_owned()]);
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        refusal(&names, &request.body(Body::empty()).expect("a request")).is_some()
    }

    #[test]
    fn who_listens_everywhere_is_asked_here() {
        let names = names("0.0.0.0:8017".parse().expect("an address"), &[]);
        assert!(
            ["127.0.0.1:8017", "localhost:8017"].iter().all(|name| names.contains(&(*name).to_owned())),
            "{names:?}"
        );
    }

    #[test]
    fn only_our_own_names_and_pages() {
        for host in ["127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080", "plan.example.com", "plan.example.com:8080"]
        {
            assert!(!refused("GET", "/", &[("host", host)]), "{host}");
        }
        for host in ["evil.example.com", "127.0.0.1", "localhost:80", "127.0.0.1:8080.evil.example.com", ""] {
            assert!(refused("GET", "/", &[("host", host)]), "{host}");
        }
        assert!(refused("GET", "/", &[]));
        let asks = |name, value| refused("POST", "/api/predict", &[("host", "localhost:8080"), (name, value)]);
        assert!(!asks("origin", "http://localhost:8080") && !asks("sec-fetch-site", "same-origin"));
        for origin in ["http://evil.example.com", "https://localhost:8080", "null", "http://127.0.0.1:8080"] {
            assert!(asks("origin", origin), "{origin}");
        }
        let behind_tls = [("host", "plan.example.com"), ("origin", "https://plan.example.com")];
        assert!(!refused("POST", "/api/predict", &behind_tls));
        assert!(asks("sec-fetch-site", "cross-site") && asks("sec-fetch-site", "same-site"));
        let link = |path| refused("GET", path, &[("host", "localhost:8080"), ("sec-fetch-site", "cross-site")]);
        assert!(!link("/") && link("/api/models"));
    }
}
