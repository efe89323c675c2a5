//! Which files there are for a context.

use meshgen_bundle::{Content, File, Part};
use minijinja::{Environment, Value, context, value::Serde};

use crate::{
    Context, Error, check,
    context::{Cluster, Kit, Test},
    engine::engine,
    templates,
};

/// All files that a context gives, in a stable order. The same context gives the same bytes.
pub fn files(context: &Context) -> Result<Vec<File>, Error> {
    check::context(context)?;
    let engine = Engine { engine: engine()?, context: Value::from(Serde(context)) };
    let mut files = Vec::new();
    for kit in &context.kits {
        engine.kit(kit, &mut files)?;
    }
    engine.scripts(context, &mut files)?;
    for test in &context.tests {
        files.push(engine.test(test)?);
    }
    let (path, template) = templates::README;
    files.push(file(path, Part::Docs, Content::Text(engine.text(template, &engine.context)?))?);
    check::paths(&files)?;
    Ok(files)
}

/// The template engine, and what it is given.
struct Engine {
    engine: Environment<'static>,
    context: Value,
}

impl Engine {
    fn text(&self, template: &str, values: &Value) -> Result<String, Error> {
        Ok(self.engine.render_str(template, values)?)
    }

    /// `env.sh` and the scripts. Which ones there are is a matter of the cluster.
    fn scripts(&self, context: &Context, files: &mut Vec<File>) -> Result<(), Error> {
        for (path, template) in templates::SOURCED {
            files.push(file(path, Part::Scripts, Content::Text(self.text(template, &self.context)?))?);
        }
        let of_cluster: &[_] = match context.cluster {
            Cluster::Aks(_) => &[templates::AKS, templates::MADE],
            Cluster::Kind(_) => &[templates::MADE],
            Cluster::Existing(_) => &[],
        };
        let of_traffic: &[_] = if context.traffic.is_some() { &[templates::TRAFFIC] } else { &[] };
        for (path, template) in [of_cluster, &[templates::ALWAYS], of_traffic].concat().concat() {
            files.push(file(path, Part::Scripts, Content::Script(self.text(template, &self.context)?))?);
        }
        Ok(())
    }

    fn test(&self, test: &Test) -> Result<File, Error> {
        let values = context! { test => Value::from(Serde(test)) };
        file(test.script.as_str(), Part::Scripts, Content::Script(self.text(templates::TEST, &values)?))
    }

    fn kit(&self, kit: &Kit, files: &mut Vec<File>) -> Result<(), Error> {
        let values = context! { kit => Value::from(Serde(kit)) };
        let mut add = |name: &str, content| {
            files.push(file(&format!("{}/{name}", kit.dir), Part::Kits, content)?);
            Ok::<(), Error>(())
        };
        for (name, template) in templates::KIT {
            add(name, Content::Text(self.text(template, &values)?))?;
        }
        for (name, text) in templates::KIT_DATA {
            add(name, Content::Text((*text).to_owned()))?;
        }
        for (name, text) in templates::KIT_PROGRAMS {
            add(name, Content::Script((*text).to_owned()))?;
        }
        Ok(())
    }
}

fn file(path: &str, part: Part, content: Content) -> Result<File, Error> {
    Ok(File { path: path.parse()?, part, comment: Vec::new(), content })
}
