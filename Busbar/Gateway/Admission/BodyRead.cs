using Busbar.Wire;

namespace Busbar.Gateway.Admission;

/// <summary>What came of reading a request body.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Body">The body, owned by the caller; null unless it is <see cref="BodyEnd.Whole"/>.</param>
internal readonly record struct BodyRead(BodyEnd End, PooledBuffer? Body = null);
