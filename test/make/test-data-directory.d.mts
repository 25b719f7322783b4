export function testDataDirectory(): string;
