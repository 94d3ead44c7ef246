//! The server: one handler, one folder.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use tokio::net::TcpListener;

use crate::{file, headers};

/// Why a package cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum DashboardError {
    /// There is nothing to show.
    #[error("no governance package at {folder}; write one with `relift report`", folder = folder.display())]
    NoPackage {
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The port cannot be had.
    #[error(
        "cannot listen on 127.0.0.1:{port}: {source}; choose another port, or 0 for any that is free"
    )]
    Listen {
        /// The port.
        port: u16,
        /// Why not.
        source: std::io::Error,
    },
    /// The server stopped by itself.
    #[error("the dashboard stopped: {source}")]
    Stopped {
        /// Why.
        source: std::io::Error,
    },
}

/// A dashboard that listens, and serves once asked to.
#[derive(Debug)]
pub struct Dashboard {
    listener: TcpListener,
    address: SocketAddr,
    folder: PathBuf,
}

/// Shows the package in `folder` on a port of 127.0.0.1 until the future is dropped.
pub async fn serve(folder: &Path, port: u16) -> Result<(), DashboardError> {
    Dashboard::bind(folder, port)
        .await?
        .serve(std::future::pending())
        .await
}

impl Dashboard {
    /// Begins to listen; port 0 takes any that is free.
    pub async fn bind(folder: &Path, port: u16) -> Result<Self, DashboardError> {
        if file::read(folder, "index.html").await.is_err() {
            return Err(DashboardError::NoPackage {
                folder: folder.to_owned(),
            });
        }
        let listen = |source| DashboardError::Listen { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        Ok(Self {
            listener,
            address,
            folder: folder.to_owned(),
        })
    }

    /// What to open in a browser.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Serves until `stop` is ready.
    pub async fn serve(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), DashboardError> {
        let shown = Arc::new(Shown {
            folder: self.folder,
            port: self.address.port(),
        });
        let router = Router::new().fallback(answer).with_state(shown);
        axum::serve(self.listener, router)
            .with_graceful_shutdown(stop)
            .await
            .map_err(|source| DashboardError::Stopped { source })
    }
}

/// What the handler needs.
struct Shown {
    folder: PathBuf,
    port: u16,
}

async fn answer(State(shown): State<Arc<Shown>>, request: Request) -> Response {
    if !headers::names_this_server(request.headers().get(header::HOST), shown.port) {
        return plain(
            StatusCode::MISDIRECTED_REQUEST,
            "this server answers to 127.0.0.1 and localhost only\n",
        );
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = plain(
            StatusCode::METHOD_NOT_ALLOWED,
            "only GET and HEAD; nothing can be changed here\n",
        );
        response
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let Some(name) = file::named(request.uri().path()) else {
        return plain(StatusCode::NOT_FOUND, "no such file in this package\n");
    };
    match file::read(&shown.folder, name).await {
        Ok(content) => respond(StatusCode::OK, file::content_type(name), content),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => plain(
            StatusCode::NOT_FOUND,
            "this package has not got that file; write it anew with `relift report`\n",
        ),
        Err(_) => plain(
            StatusCode::INTERNAL_SERVER_ERROR,
            "that file cannot be read\n",
        ),
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    respond(status, "text/plain; charset=utf-8", text.into())
}

fn respond(status: StatusCode, content_type: &'static str, content: Vec<u8>) -> Response {
    let protective = headers::protective(&content);
    let mut response = Response::new(Body::from(content));
    *response.status_mut() = status;
    *response.headers_mut() = protective;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use super::*;

    /// Sends requests to a package of two files, each over a connection of its own.
    async fn answers(requests: Vec<String>) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let package = folder.path().join("governance");
        std::fs::create_dir(&package).expect("creates");
        std::fs::write(package.join("index.html"), "<style>p{}</style><p>matrix").expect("writes");
        std::fs::write(folder.path().join("secret"), "s3cret").expect("writes");
        std::os::unix::fs::symlink(folder.path().join("secret"), package.join("manifest.json"))
            .expect("links");
        let dashboard = Dashboard::bind(&package, 0).await.expect("listens");
        let port = dashboard.address.port();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let server = tokio::spawn(dashboard.serve(async {
            let _ = stopped.await;
        }));
        let answers = tokio::task::spawn_blocking(move || {
            let answer = |request: String| {
                let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("connects");
                let request = request.replace("PORT", &port.to_string());
                stream.write_all(request.as_bytes()).expect("sends");
                let mut text = String::new();
                stream.read_to_string(&mut text).expect("answers");
                text
            };
            requests.into_iter().map(answer).collect()
        });
        let answers = answers.await.expect("no panic");
        stop.send(()).expect("still serves");
        server.await.expect("no panic").expect("ends well");
        answers
    }

    fn request(method: &str, path: &str, host: &str) -> String {
        format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
    }

    fn status(answer: &str) -> &str {
        answer.split(' ').nth(1).unwrap_or_default()
    }

    #[tokio::test]
    async fn the_page_is_shown_under_a_strict_policy() {
        let here = "127.0.0.1:PORT";
        let answers = answers(vec![
            request("GET", "/", here),
            request("HEAD", "/index.html", "localhost:PORT"),
        ])
        .await;
        assert_eq!(status(&answers[0]), "200");
        assert!(answers[0].ends_with("<p>matrix"));
        for expected in [
            "content-type: text/html; charset=utf-8",
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self' 'sha256-",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "cross-origin-resource-policy: same-origin",
        ] {
            assert!(
                answers[0].contains(expected),
                "{expected} is missing in {}",
                answers[0]
            );
        }
        assert!(!answers[0].contains("access-control"));
        assert_eq!(status(&answers[1]), "200");
        assert!(!answers[1].contains("matrix"));
    }

    #[tokio::test]
    async fn everything_else_is_refused() {
        let here = "127.0.0.1:PORT";
        let cases = [
            (request("GET", "/", "evil.example:PORT"), "421"),
            (request("GET", "/", "127.0.0.1"), "421"),
            ("GET / HTTP/1.0\r\n\r\n".to_owned(), "421"),
            ("GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".to_owned(), "421"),
            (request("POST", "/", here), "405"),
            (request("DELETE", "/manifest.json", here), "405"),
            (request("GET", "/../secret", here), "404"),
            (request("GET", "/%2e%2e/secret", here), "404"),
            (request("GET", "/..%2fsecret", here), "404"),
            (request("GET", "/secret", here), "404"),
            // A file of the package that is a link to somewhere else.
            (request("GET", "/manifest.json", here), "404"),
            // A file of the package that is not there.
            (request("GET", "/match_matrix.csv", here), "404"),
        ];
        let (requests, expected): (Vec<String>, Vec<&str>) = cases.into_iter().unzip();
        let answers = answers(requests.clone()).await;
        for ((request, expected), answer) in requests.iter().zip(expected).zip(&answers) {
            assert_eq!(status(answer), expected, "{request}\n{answer}");
            assert!(!answer.contains("s3cret") && !answer.contains("matrix"));
            assert!(answer.contains("content-security-policy: default-src 'none'"));
        }
    }

    #[tokio::test]
    async fn without_a_package_or_a_port_it_says_so() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let error = Dashboard::bind(folder.path(), 0)
            .await
            .expect_err("nothing to show")
            .to_string();
        assert!(error.contains("relift report"), "{error}");
        std::fs::write(folder.path().join("index.html"), "x").expect("writes");
        let first = Dashboard::bind(folder.path(), 0).await.expect("listens");
        let error = Dashboard::bind(folder.path(), first.address.port())
            .await
            .expect_err("taken")
            .to_string();
        assert!(error.contains("choose another port"), "{error}");
        assert!(first.url().starts_with("http://127.0.0.1:"));
    }
}
