//! What a render does to a disk, and what it never does.

#[cfg(test)]
mod common;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod foreign;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod selected;
#[cfg(test)]
mod writes;
