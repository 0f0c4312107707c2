//! What is under which address.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use super::House;
use super::guard::guard;
use super::models::ModelSheet;
use super::question::{Question, Refused, served};
use super::steps::{Ready, Told, answer};
use crate::load::{Scale, scaled};

/// A body that is not here after so long is not waited for.
const BODY: Duration = Duration::from_secs(10);
/// Parts of an answer that nobody has read yet, at most.
const UNREAD: usize = 4;

pub(super) fn routes(house: Arc<House>) -> Router {
    let file = |kind: &'static str, text: &'static str| get(move || async move { ([(CONTENT_TYPE, kind)], text) });
    Router::new()
        .route("/", file("text/html; charset=utf-8", include_str!("page/index.html")))
        .route("/style.css", file("text/css; charset=utf-8", include_str!("page/style.css")))
        .route("/app.js", file("text/javascript; charset=utf-8", include_str!("page/app.js")))
        .route("/knobs.js", file("text/javascript; charset=utf-8", include_str!("page/knobs.js")))
        .route("/charts.js", file("text/javascript; charset=utf-8", include_str!("page/charts.js")))
        .route("/api/openapi.json", file("application/json", include_str!("openapi.json")))
        .route("/api/models", get(models))
        .route("/api/view", get(view))
        .route("/api/status", get(status))
        .route("/api/predict", post(predict))
        .route("/api/variant", post(variant))
        .fallback(async || Refused::new(StatusCode::NOT_FOUND, "there is nothing here; see /api/openapi.json"))
        .method_not_allowed_fallback(async || Refused::new(StatusCode::METHOD_NOT_ALLOWED, "not in this way"))
        .layer(from_fn_with_state(Arc::clone(&house), guard))
        .with_state(house)
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let body = with_kind("application/json", json!({ "error": self.words }).to_string().into());
        let mut response = (self.status, body).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, axum::http::HeaderValue::from_static("1"));
        }
        response
    }
}

fn with_kind(kind: &'static str, body: Body) -> Response {
    ([(CONTENT_TYPE, kind)], body).into_response()
}

fn as_json<T: Serialize>(value: &T) -> Response {
    // Names and numbers can always be written.
    with_kind("application/json", serde_json::to_vec(value).unwrap_or_default().into())
}

/// Reads files or compiles a model aside, so that nobody else waits for it.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T, Refused> + Send + 'static) -> Result<T, Refused> {
    let failed = |_| Err(Refused::new(StatusCode::INTERNAL_SERVER_ERROR, "the work failed"));
    tokio::task::spawn_blocking(work).await.unwrap_or_else(failed)
}

async fn models(State(house): State<Arc<House>>) -> Result<Response, Refused> {
    let all = aside(move || {
        let sheets: Result<Vec<ModelSheet>, _> = house.models.iter().map(super::models::Served::sheet).collect();
        sheets.map_err(|problems| Refused::from(&problems))
    });
    Ok(as_json(&json!({ "plimsoll": env!("CARGO_PKG_VERSION"), "models": all.await? })))
}

/// How busy this server is.
async fn status(State(house): State<Arc<House>>) -> Response {
    let (simulating, waiting) = house.turns.load();
    as_json(&json!({ "simulating": simulating, "waiting": waiting }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ViewOf {
    model: String,
    test: String,
    #[serde(default)]
    variant: String,
}

async fn view(
    State(house): State<Arc<House>>,
    asked: Result<Query<ViewOf>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Refused> {
    let Query(ViewOf { model, test, variant }) =
        asked.map_err(|error| Refused::new(StatusCode::BAD_REQUEST, error.body_text()))?;
    let view = aside(move || {
        let served = served(&house.models, &model)?;
        let sight = house.sights.of(served, &test, &variant).map_err(|problems| Refused::from(&problems))?;
        Ok(served.view(&sight, &variant))
    });
    Ok(as_json(&view.await?))
}

/// The body of a request as a question.
async fn question(house: &House, request: Request) -> Result<Question, Refused> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    // Anything else a form of another page could send as well.
    if kind.split(';').next().unwrap_or_default().trim() != "application/json" {
        return Err(Refused::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send application/json"));
    }
    let body = tokio::time::timeout(BODY, to_bytes(request.into_body(), house.limits.body_bytes)).await;
    let too_long = format!("a question has at most {} bytes", house.limits.body_bytes);
    let body = body
        .map_err(|_| Refused::new(StatusCode::REQUEST_TIMEOUT, "the question did not come to its end"))?
        .map_err(|_| Refused::new(StatusCode::PAYLOAD_TOO_LARGE, too_long))?;
    let question: Question = serde_json::from_slice(&body)
        .map_err(|error| Refused::new(StatusCode::BAD_REQUEST, format!("this is no question: {error}")))?;
    question.sane()?;
    Ok(question)
}

/// The system and the test that are asked for.
fn ready(house: &House, question: &Question) -> Result<(Ready, Vec<String>), Refused> {
    let served = question.served(&house.models)?;
    let wrong = |problems| Refused::from(&problems);
    let sight = house.sights.of(served, &question.test, &question.variant).map_err(wrong)?;
    let changes = question.changes(&sight.knobs)?;
    let (model, mut test) = match changes.sets.as_slice() {
        [] => (sight.model.clone(), sight.test.clone()),
        sets => served.seen(&question.test, &question.variant, sets).map_err(wrong)?,
    };
    if changes.load != 1.0 {
        test =
            scaled(&test, Scale::Times(changes.load)).map_err(|error| Refused::wrong(format!("the test {error}")))?;
    }
    Ok((Ready { model, test, replications: question.replications }, changes.sets))
}

async fn predict(State(house): State<Arc<House>>, request: Request) -> Result<Response, Refused> {
    let question = question(&house, request).await?;
    if !house.turns.has_room() {
        let words = "too many simulations wait already; ask again in a second";
        return Err(Refused::new(StatusCode::SERVICE_UNAVAILABLE, words));
    }
    let still = house.pages.ask(&question.page, &question.part, house.limits.answer);
    let (page, part) = (question.page.clone(), question.part.clone());
    let at_home = Arc::clone(&house);
    let ready = aside(move || ready(&at_home, &question)).await;
    let (ready, _) = ready.inspect_err(|_| house.pages.done(&page, &part, &still))?;
    let (sender, receiver) = tokio::sync::mpsc::channel::<Told>(UNREAD);
    tokio::spawn(async move {
        answer(Arc::clone(&house), ready, Arc::clone(&still), sender).await;
        house.pages.done(&page, &part, &still);
    });
    let lines = ReceiverStream::new(receiver).map(|line| Ok::<_, std::convert::Infallible>(line.to_vec()));
    Ok(with_kind("application/x-ndjson", Body::from_stream(lines)))
}

/// What was turned, as a variant for the model file.
async fn variant(State(house): State<Arc<House>>, request: Request) -> Result<Response, Refused> {
    let question = question(&house, request).await?;
    let load = question.set.get(super::knobs::LOAD).and_then(serde_json::Value::as_f64).unwrap_or(1.0);
    let (test, of) = (question.test.clone(), question.variant.clone());
    let (_, sets) = aside(move || ready(&house, &question)).await?;
    let mut text = String::from("[variant.what-if]\n");
    let of = if of.is_empty() { String::new() } else { format!(" on top of variant {of}") };
    text.push_str(&format!("about = \"turned in the what-if page, with test {test}{of}\"\n\n[variant.what-if.set]\n"));
    for set in &sets {
        if let Some((path, value)) = set.split_once('=') {
            text.push_str(&format!("{} = {value}\n", toml_string(path)));
        }
    }
    if load != 1.0 {
        text.push_str(&format!("# With {load} times the load of the test, which is no part of the system.\n"));
    }
    Ok(with_kind("application/toml", text.into()))
}

/// A path as a key in quotation marks.
fn toml_string(path: &str) -> String {
    toml::Value::String(path.to_owned()).to_string()
}
