using Busbar.Configuration.Model.Store;
using Npgsql;

namespace Busbar.Governance.Store.Postgres;

/// <summary>
/// Connections to a PostgreSQL database. Nothing that is sent over them outlives its transaction, so that a pooler such as PgBouncer may give each
/// transaction another connection of its own.
/// </summary>
internal static class PostgresSource
{
    /// <summary>Most connections of one process.</summary>
    public const int MaxConnections = 6;

    private const int ConnectSeconds = 3;
    private const int AnswerSeconds = 5;

    /// <summary>Makes the pool, which connects when it is first asked.</summary>
    public static NpgsqlDataSource Create(PostgresAddress address)
    {
        var text = new NpgsqlConnectionStringBuilder
        {
            Host = address.Host,
            Port = address.Port,
            Database = address.Database,
            Username = address.User,
            Password = address.Password?.Reveal(),
            SslMode = address.Tls switch
            {
                PostgresTls.Disable => SslMode.Disable,
                PostgresTls.Require => SslMode.Require,
                PostgresTls.VerifyCa => SslMode.VerifyCA,
                PostgresTls.VerifyFull => SslMode.VerifyFull,
                _ => SslMode.Prefer,
            },
            RootCertificate = address.RootCertificate,
            ApplicationName = "busbar",
            MaxPoolSize = MaxConnections,
            Timeout = ConnectSeconds,
            CommandTimeout = AnswerSeconds,
            
            // What has not answered by then gets no more time to be told so.
            CancellationTimeout = -1,
            Enlist = false,
            GssEncryptionMode = GssEncryptionMode.Disable,

            // A pooler resets connections itself, and knows nothing of DISCARD.
            NoResetOnClose = true,
        };
        var builder = new NpgsqlSlimDataSourceBuilder(text.ConnectionString);
        builder.EnableArrays();

        // The types of the catalogue are not needed; asking for them would cost a query at start.
        builder.ConfigureTypeLoading(static types => types.EnableTypeLoading(false));
        builder.EnableTransportSecurity();
        return builder.Build();
    }
}
