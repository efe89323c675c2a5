//! Writes a large spec, so that a whole command can be timed: `write_spec 1000 [spread|meshed|crowded]`.

use std::io::Write;

use meshgen_bench::Shape;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let count = words.next().ok_or("say how many workloads")?.parse()?;
    let shape = words.next().unwrap_or_else(|| Shape::Spread.name().to_owned());
    let shape = Shape::from_name(&shape).ok_or_else(|| format!("`{shape}` is no shape"))?;
    Ok(std::io::stdout().lock().write_all(shape.spec(count).as_bytes())?)
}
