namespace Busbar.Gateway.Memory;

/// <summary>The requests in flight hold all memory that they may. Ends the request with the native 503; nobody else is to blame.</summary>
internal sealed class MemoryExhaustedException : Exception;
