export function brokerDirectory(runPid: number): string;
