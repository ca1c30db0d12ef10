namespace Busbar.Gateway;

/// <summary>
/// The requests in flight hold all memory that they may, or large ones wait for each other for too long. Ends the request with the native 503; nobody
/// else is to blame.
/// </summary>
internal sealed class OverloadException : Exception;
