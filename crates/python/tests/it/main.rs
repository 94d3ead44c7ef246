//! The frontend from outside: Python text in, dataflow text or refusals out.

mod cases;
mod long_modules;
mod market;
mod own_sql;
mod portfolio;
