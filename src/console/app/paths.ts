// Which screen a path of the console shows.
export function screen_of(path: string): string {
  const segment = path.split("/")[2];
  return segment === undefined || segment === "" ? "overview" : segment;
}
