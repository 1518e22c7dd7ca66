const fileNameForm = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}(?:\/[A-Za-z0-9_][A-Za-z0-9._-]{0,127}){0,7}$/;

/** Whether a path is a name in a folder, such as `ca.pem` or `shop/ca.pem`: it leads nowhere else. */
export function isFileName(path: string): boolean {
  return fileNameForm.test(path);
}
