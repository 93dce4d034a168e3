// Style sheets are imported for their effect: the bundler collects them into one file per page.
declare module "*.css";
