"use client";

import { Component, type ReactNode } from "react";

interface BoundaryProps {
  /** Instead of what failed. */
  fallback: ReactNode;
  /** Another value of it is another try. */
  attempt: unknown;
  children: ReactNode;
}

/** One component's failure, or that it could not be loaded, stays its own. */
export class PartBoundary extends Component<BoundaryProps, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override componentDidCatch(error: unknown) {
    console.error("a part of the answer could not be shown:", error);
  }

  override componentDidUpdate(before: BoundaryProps) {
    if (this.state.failed && before.attempt !== this.props.attempt)
      this.setState({ failed: false });
  }

  override render() {
    return this.state.failed ? this.props.fallback : this.props.children;
  }
}
