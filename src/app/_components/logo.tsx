/** Three strands that meet: the sign of the hub. */
export function Logo({ size = 22 }: { size?: number }) {
  return (
    <svg
      aria-hidden="true"
      className="text-accent"
      fill="none"
      height={size}
      viewBox="0 0 24 24"
      width={size}
    >
      <path
        d="M4 19V8.5a3.5 3.5 0 0 1 7 0V19m0-10.5a3.5 3.5 0 0 1 7 0V19"
        stroke="currentColor"
        strokeLinecap="round"
        strokeWidth="2.2"
      />
      <circle cx="4" cy="19" fill="currentColor" r="2.2" />
      <circle cx="11" cy="19" fill="currentColor" r="2.2" />
      <circle cx="18" cy="19" fill="currentColor" r="2.2" />
    </svg>
  );
}
