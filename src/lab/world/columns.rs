//! The columns of the Provider's tables, as many as the real ones have: what the product reads,
//! what it must drop (passwords are canaries: they may appear nowhere), and what a listing hides.
//!
//! Must not do: hold rows.

/// Logins (114 to 135 columns by version).
#[rustfmt::skip]
pub(super) const RADUSUARIOS: &[&str] = &[
    "id", "login", "senha", "ativo", "online", "id_cliente", "id_contrato", "id_grupo", "mac",
    "onu_mac", "ip", "autenticacao", "tipo_conexao_mapa", "ultima_conexao_inicial",
    "ultima_conexao_final", "ultima_atualizacao", "data_cadastro", "ultima_sincronizacao",
    "id_filial", "id_concentrador", "concentrador", "conexao", "tipo_conexao", "tipo_equipamento",
    "tipo_vinculo", "tipo_vinculo_plano", "login_simultaneo", "fixar_ip", "fixar_ipv6", "ipv6",
    "pd_ipv6", "framed_pd_ipv6", "framed_fixar_ipv6", "relacionar_ip_ao_login",
    "relacionar_mac_ao_login", "relacionar_concentrador_ao_login", "relacionar_ipv6_ao_login",
    "relacionar_framed_ipv6_ao_login", "auto_preencher_ip", "auto_preencher_mac",
    "auto_preencher_ipv6", "auto_preencher_framed_ipv6", "ip_aux", "ip_aviso", "endereco_padrao_cliente",
    "endereco", "numero", "bairro", "cidade", "cep", "complemento", "referencia", "bloco",
    "apartamento", "id_condominio", "latitude", "longitude", "obs", "motivo_desconexao",
    "tempo_conectado", "tempo_conexao", "download_atual", "upload_atual", "count_desconexao",
    "franquia_atingida", "franquia_maximo", "franquia_consumo", "id_transmissor", "id_caixa_ftth",
    "ftth_porta", "id_porta_transmissor", "interface", "interface_transmissao",
    "interface_transmissao_fibra", "id_df_projeto", "id_rad_dns", "dns1", "dns2", "sinal_ultimo_atendimento",
    "sinal_base", "ponta", "vlan", "vlan_ip_rede", "service_tag_vlan", "id_hardware",
    "hotspot_id_cobranca", "cliente_tem_a_senha", "senha_md5", "senha_rede_sem_fio",
    "usuario_router", "senha_router1", "senha_router2", "porta_http", "porta_router2",
    "porta_telnet", "porta_ssh", "ssid_router_wifi", "ssid_router_wifi_5", "senha_wifi_5g",
    "roteador_usuario", "roteador_senha", "token_wifi", "acesso_web_senha", "agent_circuit_id",
    "agent_remote_id", "limite_sessoes", "gerar_aviso", "status_acs", "lcdp", "perfil_fibra",
    "onu_compartilhada", "metodo_wan", "ultimo_ip", "ultimo_mac", "desbloqueio_confianca",
    "data_desbloqueio", "integracao_externa", "codigo_externo", "chave_integracao",
];

/// Columns of `radusuarios` that a listing never shows.
pub(super) const RADUSUARIOS_HIDDEN: &[&str] = &["senha_md5", "chave_integracao", "codigo_externo"];

/// ONUs.
#[rustfmt::skip]
pub(super) const FIBRA: &[&str] = &[
    "id", "mac", "nome", "id_login", "id_contrato", "id_transmissor", "ponid", "onu_numero",
    "onu_tipo", "sinal_rx", "sinal_tx", "temperatura", "voltagem", "data_sinal", "data_cadastro",
    "ultima_sincronizacao", "id_perfil", "id_projeto", "id_caixa_ftth", "porta_ftth", "id_ramal",
    "id_hardware", "slotno", "ponno", "vlan", "vlan_pppoe", "vlan_iptv", "vlan_voip", "gemport",
    "tipo_autenticacao", "tipo_operacao", "modo_wan", "service_port", "versao", "causa_ultima_queda",
    "tempo_online", "distancia", "status_onu", "user_pppoe", "senha_pppoe", "ssid_wifi",
    "senha_wifi", "senha_onu_cliente", "usuario_onu", "endereco_padrao_cliente", "endereco",
    "bairro", "latitude", "longitude", "comandos", "comandos_perfil", "radpop_estrutura",
    "chave_olt", "senha_olt",
];

/// Columns of `radpop_radio_cliente_fibra` that a listing never shows.
pub(super) const FIBRA_HIDDEN: &[&str] = &["chave_olt", "senha_olt"];

/// Customers.
#[rustfmt::skip]
pub(super) const CLIENTE: &[&str] = &[
    "id", "razao", "fantasia", "tipo_pessoa", "cnpj_cpf", "ie_identidade", "ativo", "fone",
    "telefone_celular", "telefone_comercial", "whatsapp", "ramal", "email", "hotsite_email",
    "senha", "acesso_automatico_central", "data_nascimento", "data_cadastro", "ultima_atualizacao",
    "endereco", "numero", "bairro", "cidade", "uf", "cep", "complemento", "referencia",
    "latitude", "longitude", "id_vendedor", "id_tipo_cliente", "id_filial", "filial_id", "obs",
    "nome_pai", "nome_mae", "estado_civil", "profissao", "contato", "bloqueio_automatico",
    "aviso_atraso", "participa_cobranca", "contribuinte_icms", "token_central", "senha_hotsite_md5",
];

/// Columns of `cliente` that a listing never shows.
pub(super) const CLIENTE_HIDDEN: &[&str] = &["token_central", "senha_hotsite_md5"];

/// Contracts.
#[rustfmt::skip]
pub(super) const CONTRATO: &[&str] = &[
    "id", "id_cliente", "status", "status_internet", "id_vd_contrato", "contrato", "id_filial",
    "id_tipo_contrato", "id_modelo", "id_carteira_cobranca", "id_vendedor", "tipo", "descricao_aux_plano_venda",
    "data", "data_ativacao", "data_renovacao", "data_expiracao", "data_cancelamento", "pago_ate_data",
    "motivo_cancelamento", "obs_cancelamento", "bloqueio_automatico", "aviso_atraso", "fidelidade",
    "taxa_instalacao", "desconto_fidelidade", "endereco_padrao_cliente", "endereco", "numero",
    "bairro", "cidade", "cep", "latitude", "longitude", "obs", "liberacao_bloqueio_manual",
    "desbloqueio_confianca", "ultima_atualizacao", "assinatura_digital", "token_assinatura",
];

/// Columns of `cliente_contrato` that a listing never shows.
pub(super) const CONTRATO_HIDDEN: &[&str] = &["token_assinatura"];

/// Speed profiles.
pub(super) const RADGRUPOS: &[&str] = &[
    "id",
    "grupo",
    "download",
    "upload",
    "burst_limit",
    "burst_threshold",
    "burst_time",
    "prioridade",
    "id_pool",
    "ativo",
    "tipo_limite",
    "ultima_atualizacao",
];

/// Products of a contract.
pub(super) const PRODUTOS_CONTRATO: &[&str] = &[
    "id",
    "id_contrato",
    "id_vd_contrato",
    "id_plano",
    "id_produto",
    "descricao",
    "qtde",
    "valor_unit",
    "valor_bruto",
    "desconto",
    "data_inicio",
    "data_fim",
    "ultima_atualizacao",
];

/// Stock movements: equipment lent.
pub(super) const MOVIMENTO: &[&str] = &[
    "id",
    "numero_serie",
    "numero_patrimonial",
    "status_comodato",
    "id_contrato",
    "id_cliente",
    "id_produto",
    "descricao",
    "data",
    "data_devolucao",
    "mac",
    "valor_total",
];

/// Who changed what.
pub(super) const LOGS: &[&str] =
    &["id", "tabela", "id_tabela", "tipo", "operador", "data", "campos"];

/// What a new row holds in a column that nobody filled.
pub(super) fn unset(column: &str) -> &'static str {
    let starts = |prefixes: &[&str]| prefixes.iter().any(|p| column.starts_with(p));
    if column == "pago_ate_data" || starts(&["data_", "ultima_"]) {
        return super::clock::NO_DATE;
    }
    if starts(&["id_", "count_", "franquia_", "porta_", "limite_"]) {
        return "0";
    }
    if starts(&["relacionar_", "auto_", "fixar_", "bloqueio_", "aviso_", "desbloqueio_", "gerar_"])
    {
        return "N";
    }
    if starts(&["valor_", "taxa_", "desconto"]) { "0.00000" } else { "" }
}
