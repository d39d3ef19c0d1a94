/** Bounds of what people choose for their accounts. */
export const HANDLE_MAX_CHARS = 39;
export const DISPLAY_NAME_MAX_CHARS = 100;
export const PASSWORD_MIN_CHARS = 12;
export const PASSWORD_MAX_BYTES = 1024;
