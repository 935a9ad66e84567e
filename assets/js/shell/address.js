/** Does the address carry a lesson, in place of a scene? See lesson-files.js. */
export const carries = () => location.hash.startsWith("#lesson=");

/** The link in the address bar, or nothing; one that isn't readable is given as it is, and then told. */
export function linked() {
  const text = location.hash.slice(1);
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
