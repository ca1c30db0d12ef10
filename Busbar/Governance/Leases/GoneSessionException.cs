using Busbar.Governance.Store;

namespace Busbar.Governance.Leases;

/// <summary>The session ended so long ago that the database has added up what was used in it, and knows it no more.</summary>
internal sealed class GoneSessionException(Exception? inner = null) : StoreException("the session of this node ended long ago", inner);
