//! Headers of every answer, and the check of who is asked.
//!
//! The page has one inline style and no script, so the policy admits exactly that style by its hash.
//! Were markup ever to slip into the page, it could still neither run nor send anything.

use axum::http::HeaderValue;
use axum::http::header::{self, HeaderMap, HeaderName};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

const FIXED: [(HeaderName, &str); 7] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=()",
    ),
];

/// Headers that keep a browser from doing anything but show this content.
pub(crate) fn protective(content: &[u8]) -> HeaderMap {
    let mut headers: HeaderMap = FIXED
        .into_iter()
        .map(|(name, value)| (name, HeaderValue::from_static(value)))
        .collect();
    let policy = HeaderValue::from_str(&policy(content)).expect("words and base64 are plain text");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers
}

/// Whether a request was sent to this server by its own name; anything else is a page from elsewhere
/// whose name was made to lead here.
pub(crate) fn names_this_server(host: Option<&HeaderValue>, port: u16) -> bool {
    let Some(host) = host.and_then(|host| host.to_str().ok()) else {
        return false;
    };
    ["127.0.0.1", "localhost"]
        .iter()
        .any(|name| host.eq_ignore_ascii_case(&format!("{name}:{port}")))
}

fn policy(content: &[u8]) -> String {
    let style = match inline_style(content) {
        Some(style) => format!("'self' 'sha256-{}'", STANDARD.encode(Sha256::digest(style))),
        None => "'self'".to_owned(),
    };
    format!(
        "default-src 'none'; script-src 'self'; style-src {style}; img-src 'self' data:; connect-src 'self'; \
         frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )
}

/// What stands between the first `<style>` and its end.
fn inline_style(content: &[u8]) -> Option<&[u8]> {
    let find = |from: usize, tag: &[u8]| {
        content[from..]
            .windows(tag.len())
            .position(|window| window == tag)
            .map(|at| from + at)
    };
    let start = find(0, b"<style>")? + b"<style>".len();
    let end = find(start, b"</style>")?;
    Some(&content[start..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_style_is_admitted_by_its_hash() {
        let policy = policy(b"<html><style>p{}</style><style>q{}</style>");
        // printf 'p{}' | openssl dgst -sha256 -binary | base64
        assert!(
            policy.contains(
                "style-src 'self' 'sha256-gG2yISYereRMiG2lMXrbiUgi0Ubw9p7QCeWcroOvy9Y=';"
            ),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"));
    }

    #[test]
    fn content_without_style_admits_none() {
        for content in [&b""[..], b"{}", b"<style>p{}", b"</style><style>"] {
            assert!(policy(content).contains("style-src 'self';"));
        }
    }

    #[test]
    fn only_its_own_name_reaches_it() {
        let named =
            |host: &'static str| names_this_server(Some(&HeaderValue::from_static(host)), 8642);
        assert!(named("127.0.0.1:8642") && named("localhost:8642") && named("LOCALHOST:8642"));
        for other in [
            "",
            "127.0.0.1",
            "localhost",
            "127.0.0.1:80",
            "0.0.0.0:8642",
            "evil.example:8642",
            "127.0.0.1:8642.evil.example",
            "localhost.evil.example:8642",
            "user@127.0.0.1:8642",
            "127.0.0.1:8642 ",
            "127.0.0.2:8642",
            "[::1]:8642",
        ] {
            assert!(!named(other), "{other:?}");
        }
        assert!(!names_this_server(None, 8642));
    }
}
