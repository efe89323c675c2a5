//! How long each arrow from text to objects takes, and how much memory: `cargo bench -p meshgen-bench`.
//!
//! Throughput is in bytes of what the step reads (`parse`, `read`) or writes (`render`, `stream`), so a column
//! that stays the same from one size to the next is linear growth. `max alloc` is the step's peak.

use divan::{AllocProfiler, Bencher, counter::BytesCount};
use meshgen::{
    Input,
    bundle::Bundle,
    plan::plan,
    read,
    spec::{Spec, read as parse},
    tree,
    yaml::Sources,
};
use meshgen_bench::Shape;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const SIZES: [usize; 3] = [100, 1_000, 10_000];

fn main() {
    divan::main();
}

fn input(text: &str) -> Vec<Input> {
    vec![Input::File("large.yaml".to_owned(), text.to_owned())]
}

fn spec(shape: Shape, count: usize) -> Spec {
    let (spec, _) = parse(input(&shape.spec(count)), &mut Sources::default());
    spec.unwrap_or_else(|| std::process::abort())
}

fn bundle(shape: Shape, count: usize) -> Bundle {
    plan(&spec(shape, count)).unwrap_or_else(|_| std::process::abort())
}

fn streamed(bundle: &Bundle) -> usize {
    let mut bytes = Vec::new();
    if tree::stream(bundle, &mut bytes).is_err() {
        std::process::abort();
    }
    bytes.len()
}

/// Text to spec.
#[divan::bench(args = SIZES, max_time = 3)]
fn parse_spread(bencher: Bencher<'_, '_>, count: usize) {
    let text = Shape::Spread.spec(count);
    bencher
        .counter(BytesCount::new(text.len()))
        .with_inputs(|| input(&text))
        .bench_values(|input| parse(input, &mut Sources::default()));
}

/// Spec to bundle.
#[divan::bench(args = SIZES, max_time = 3)]
fn plan_spread(bencher: Bencher<'_, '_>, count: usize) {
    let spec = spec(Shape::Spread, count);
    let written = streamed(&bundle(Shape::Spread, count));
    bencher.counter(BytesCount::new(written)).bench_local(|| plan(&spec));
}

/// Bundle to files.
#[divan::bench(args = SIZES, max_time = 3)]
fn render_spread(bencher: Bencher<'_, '_>, count: usize) {
    let bundle = bundle(Shape::Spread, count);
    bencher.counter(BytesCount::new(streamed(&bundle))).bench_local(|| tree::render(&bundle));
}

/// Bundle to one stream.
#[divan::bench(args = SIZES, max_time = 3)]
fn stream_spread(bencher: Bencher<'_, '_>, count: usize) {
    let bundle = bundle(Shape::Spread, count);
    bencher
        .counter(BytesCount::new(streamed(&bundle)))
        .bench_local(|| tree::stream(&bundle, &mut std::io::sink()));
}

/// Text to stream, under zero trust.
#[divan::bench(args = SIZES, max_time = 3)]
fn whole_meshed(bencher: Bencher<'_, '_>, count: usize) {
    whole(bencher, Shape::Meshed, count);
}

/// Text to stream, all in one namespace.
#[divan::bench(args = SIZES, max_time = 3)]
fn whole_crowded(bencher: Bencher<'_, '_>, count: usize) {
    whole(bencher, Shape::Crowded, count);
}

fn whole(bencher: Bencher<'_, '_>, shape: Shape, count: usize) {
    let text = shape.spec(count);
    bencher.counter(BytesCount::new(text.len())).with_inputs(|| input(&text)).bench_values(|input| {
        let project = read(input);
        project.bundle.map(|bundle| tree::stream(&bundle, &mut std::io::sink()))
    });
}
